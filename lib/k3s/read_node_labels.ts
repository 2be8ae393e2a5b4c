import type { DockerCli } from "../docker/cli.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { hasLabels } from "./changes/compare_nodes.ts";
import { firstServer } from "./list_clusters.ts";
import { nodesOf, type ObservedCluster } from "./observe_cluster.ts";
import type { ClusterSpec } from "./spec.ts";

type Labels = Readonly<Record<string, string>>;

/**
 * The labels that Kubernetes knows of its nodes. It is asked only where somebody has said any.
 *
 * @throws {DockerError} When Docker or Kubernetes fails.
 */
export async function readNodeLabels(
  cli: DockerCli,
  cluster: ObservedCluster,
  spec: ClusterSpec,
  options: CallOptions = {},
): Promise<ReadonlyMap<string, Labels>> {
  const isSaid = (spec.options?.k3s?.nodeLabels ?? []).length > 0 ||
    nodesOf(cluster).some(hasLabels);
  const server = firstServer(cluster);
  if (!isSaid || server.state !== "running") return new Map();
  const args = ["exec", server.name, "kubectl", "get", "nodes", "-o", "json"];
  const output = await cli.run(args, { ...options, act: `ask "${server.name}" for labels` });
  const { items = [] }: { items?: { metadata: { name: string; labels?: Labels } }[] } = JSON.parse(
    output,
  );
  return new Map(items.map(({ metadata: { name, labels = {} } }) => [name, labels]));
}
