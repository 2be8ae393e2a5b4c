import { buildCommand, type Command } from "@stricli/core";
import { chosenClusters } from "../console/chosen_clusters.ts";
import { CHOSEN_CLUSTERS, type ChosenFlags } from "../console/cluster_parameters.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";

/** `davit cluster stop [NAME]...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Stop clusters, and keep them",
    fullDescription:
      `Stop the nodes of clusters, all at once. Nothing is lost: "davit cluster start" brings them back.

  davit cluster stop
  davit cluster stop dev test`,
  },
  parameters: CHOSEN_CLUSTERS,
  async func(this: Context, flags: ChosenFlags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { stopCluster } = await import("../../lib/k3s/start_cluster.ts");
    for (const name of await chosenClusters(session, names, flags.all)) {
      await stopCluster(name, session.options);
      session.output.result(name, { name });
    }
  },
});
