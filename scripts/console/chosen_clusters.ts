import { DEFAULT_CLUSTER } from "../../lib/k3s/names.ts";
import type { ClusterSession } from "./cluster_session.ts";

/** The clusters that a command is for: those named, all there are, or the default one. */
export async function chosenClusters(
  session: ClusterSession,
  names: readonly string[],
  all: boolean | undefined,
): Promise<readonly string[]> {
  if (all !== true) return names.length === 0 ? [DEFAULT_CLUSTER] : names;
  const { listClusters } = await import("../../lib/k3s/list_clusters.ts");
  return (await listClusters(session.options)).map(({ name }) => name);
}
