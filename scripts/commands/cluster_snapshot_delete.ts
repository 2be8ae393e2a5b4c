import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { snapshotDirectory } from "../console/snapshot_place.ts";

/** `davit cluster snapshot delete SNAPSHOT...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Delete snapshots of clusters",
    fullDescription: `Delete snapshots; the clusters that they are of stay.

  davit cluster snapshot delete seeded ./ci/dev-cluster`,
  },
  parameters: {
    flags: OUTPUT_FLAGS,
    positional: {
      kind: "array",
      minimum: 1,
      parameter: {
        brief: "Name of a snapshot, or the path of its directory",
        placeholder: "SNAPSHOT...",
        parse: String,
      },
    },
  },
  async func(this: Context, flags: ClusterOutputFlags, ...snapshots: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { deleteSnapshot } = await import("../../lib/k3s/snapshots/list_snapshots.ts");
    for (const snapshot of snapshots) {
      await deleteSnapshot(snapshotDirectory(this, snapshot));
      session.output.result(snapshot, { name: snapshot });
    }
  },
});
