import type { Cluster } from "../../lib/k3s/cluster.ts";
import type { ClusterSpec } from "../../lib/k3s/spec.ts";
import type { ClusterSession } from "./cluster_session.ts";

/** Writes a new cluster into the user's kubeconfig, as its spec says, if it has been waited for. */
export async function mergeNewKubeconfig(
  session: ClusterSession,
  { options: { kubeconfig = {}, k3d = {} } = {} }: ClusterSpec,
  cluster: Cluster,
): Promise<void> {
  const { updateDefaultKubeconfig = true, switchCurrentContext = true } = kubeconfig;
  if (!updateDefaultKubeconfig || k3d.wait === false) return;
  const { mergeKubeconfig } = await import("../../lib/k3s/kubeconfig_files.ts");
  await mergeKubeconfig(session.kubeconfigs, cluster.kubeconfig, {
    switchContext: switchCurrentContext,
  });
}
