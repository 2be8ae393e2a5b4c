import { buildCommand, type Command } from "@stricli/core";
import {
  type ClusterOutputFlags,
  OUTPUT_FLAGS,
  WAIT_FLAGS,
  type WaitFlags,
} from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { snapshotDirectory } from "../console/snapshot_place.ts";
import { DEFAULT_CLUSTER, parseClusterName } from "../../lib/k3s/names.ts";
import { present } from "../../lib/oci/present.ts";

interface Flags extends ClusterOutputFlags, WaitFlags {
  readonly output?: string;
  readonly force?: boolean;
}

/** `davit cluster snapshot save [CLUSTER]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Save a cluster as it is now",
    fullDescription:
      `Save all that a cluster is: its nodes, their files, and the volumes of their state with all objects
and images. A cluster that runs is stopped meanwhile and started again. What was mounted into nodes is
not part of it. The directory is printed; it holds the cluster's secrets.

  davit cluster snapshot save dev
  davit cluster snapshot save dev -o seeded --force
  davit cluster snapshot save dev -o ./ci/dev-cluster`,
  },
  parameters: {
    flags: {
      output: {
        kind: "parsed",
        brief: "Name of the snapshot (the cluster's unless said), or the path of a directory",
        placeholder: "NAME|DIR",
        parse: String,
        optional: true,
      },
      force: {
        kind: "boolean",
        brief: "Replace an older snapshot",
        optional: true,
        withNegated: false,
      },
      ...WAIT_FLAGS,
      ...OUTPUT_FLAGS,
    },
    aliases: { o: "output", f: "force" },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: `Cluster (${DEFAULT_CLUSTER} unless said)`,
        placeholder: "CLUSTER",
        parse: parseClusterName,
        optional: true,
      }],
    },
  },
  async func(this: Context, flags: Flags, name: string = DEFAULT_CLUSTER): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { saveSnapshot } = await import("../../lib/k3s/snapshots/save_snapshot.ts");
    const { describeSnapshot } = await import("../../lib/k3s/snapshots/list_snapshots.ts");
    const directory = snapshotDirectory(this, flags.output ?? name);
    const snapshot = await session.run(() =>
      saveSnapshot(name, directory, {
        ...session.options,
        ...present({
          replace: flags.force,
          waitFor: flags.wait,
          timeoutMs: flags.timeout || undefined,
        }),
      })
    );
    session.output.result(directory, { directory, ...describeSnapshot(directory, snapshot) });
  },
});
