import { buildCommand, type Command } from "@stricli/core";
import { chosenClusters } from "../console/chosen_clusters.ts";
import { CHOSEN_CLUSTERS, type ChosenFlags } from "../console/cluster_parameters.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";

/** `davit cluster delete [NAME]...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Delete clusters",
    fullDescription:
      `Delete clusters with all that they hold: containers, volumes, network, and their own entries
in the kubeconfig. A cluster that is not there is no failure.

  davit cluster delete
  davit cluster delete dev test
  davit cluster delete --all`,
  },
  parameters: CHOSEN_CLUSTERS,
  async func(this: Context, flags: ChosenFlags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { deleteCluster } = await import("../../lib/k3s/delete_cluster.ts");
    const { removeFromKubeconfig } = await import("../../lib/k3s/kubeconfig_files.ts");
    for (const name of await chosenClusters(session, names, flags.all)) {
      const deleted = await deleteCluster(name, session.options);
      await removeFromKubeconfig(session.kubeconfigs, name);
      await Deno.remove(session.kubeconfigOf(name)).catch(() => {});
      if (deleted) session.output.result(name, { name });
      else session.output.note(`There is no cluster "${name}"`);
    }
  },
});
