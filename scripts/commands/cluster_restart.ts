import { buildCommand, type Command } from "@stricli/core";
import { chosenClusters } from "../console/chosen_clusters.ts";
import { AWAITED_CLUSTERS, type AwaitedFlags } from "../console/cluster_parameters.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { present } from "../../lib/oci/present.ts";

/** `davit cluster restart [NAME]...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Stop clusters and start them again",
    fullDescription: `Stop the nodes of clusters, start them again, and wait until they are ready.

  davit cluster restart
  davit cluster restart dev test`,
  },
  parameters: AWAITED_CLUSTERS,
  async func(this: Context, flags: AwaitedFlags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { startCluster, stopCluster } = await import("../../lib/k3s/start_cluster.ts");
    const waiting = present({ waitFor: flags.wait, timeoutMs: flags.timeout || undefined });
    for (const name of await chosenClusters(session, names, flags.all)) {
      await stopCluster(name, session.options);
      await session.run(() => startCluster(name, { ...session.options, ...waiting }));
      session.output.result(name, { name });
    }
  },
});
