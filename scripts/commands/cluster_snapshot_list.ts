import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { formatBytes } from "../console/format_bytes.ts";
import { snapshotFolder } from "../console/snapshot_place.ts";
import { formatTable } from "../console/table.ts";

interface Flags extends ClusterOutputFlags {
  readonly noHeaders?: boolean;
}

/** `davit cluster snapshot list [FOLDER]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "List snapshots of clusters",
    fullDescription: `List the snapshots in a folder, by their names.

  davit cluster snapshot list
  davit cluster snapshot list ./ci --json`,
  },
  parameters: {
    flags: {
      noHeaders: {
        kind: "boolean",
        brief: "No heading",
        optional: true,
        withNegated: false,
      },
      ...OUTPUT_FLAGS,
    },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "Folder (davit's own in the user's data unless said)",
        placeholder: "FOLDER",
        parse: String,
        optional: true,
      }],
    },
  },
  async func(this: Context, flags: Flags, folder: string = snapshotFolder(this)): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { listSnapshots } = await import("../../lib/k3s/snapshots/list_snapshots.ts");
    const snapshots = await listSnapshots(folder);
    if (flags.json) {
      for (const snapshot of snapshots) session.output.result("", snapshot);
      return;
    }
    const heading = flags.noHeaders ? [] : [["NAME", "CLUSTER", "NODES", "SIZE", "CREATED"]];
    const rows = snapshots.map(({ name, cluster, nodes, size, createdAt }) => [
      name,
      cluster,
      String(nodes),
      formatBytes(size),
      createdAt,
    ]);
    for (const line of formatTable([...heading, ...rows])) session.output.result(line, undefined);
  },
});
