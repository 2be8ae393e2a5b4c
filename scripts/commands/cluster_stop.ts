import { buildCommand, type Command } from "@stricli/core";
import { chosenClusters } from "../console/chosen_clusters.ts";
import {
  ALL_FLAG,
  CLUSTER_NAMES,
  type ClusterOutputFlags,
  OUTPUT_FLAGS,
} from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";

interface Flags extends ClusterOutputFlags {
  readonly all?: boolean;
}

/** `davit cluster stop [NAME]...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Stop clusters, and keep them",
    fullDescription:
      `Stop the nodes of clusters, all at once. Nothing is lost: "davit cluster start" brings them back.

  davit cluster stop
  davit cluster stop dev test`,
  },
  parameters: {
    flags: { all: ALL_FLAG, ...OUTPUT_FLAGS },
    aliases: { a: "all" },
    positional: CLUSTER_NAMES,
  },
  async func(this: Context, flags: Flags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { stopCluster } = await import("../../lib/k3s/start_cluster.ts");
    for (const name of await chosenClusters(session, names, flags.all)) {
      await stopCluster(name, session.options);
      session.output.result(name, { name });
    }
  },
});
