import { buildCommand, type Command } from "@stricli/core";
import { chosenClusters } from "../console/chosen_clusters.ts";
import { AWAITED_CLUSTERS, type AwaitedFlags } from "../console/cluster_parameters.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { present } from "../../lib/oci/present.ts";

/** `davit cluster start [NAME]...` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Start clusters that were stopped",
    fullDescription:
      `Start the nodes of clusters in their order, and wait until they are ready. Addresses, volumes and
published ports are what they were.

  davit cluster start
  davit cluster start dev test`,
  },
  parameters: AWAITED_CLUSTERS,
  async func(this: Context, flags: AwaitedFlags, ...names: string[]): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { startCluster } = await import("../../lib/k3s/start_cluster.ts");
    const waiting = present({ waitFor: flags.wait, timeoutMs: flags.timeout || undefined });
    for (const name of await chosenClusters(session, names, flags.all)) {
      await session.run(() => startCluster(name, { ...session.options, ...waiting }));
      session.output.result(name, { name });
    }
  },
});
