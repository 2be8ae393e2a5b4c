import type { CallOptions } from "../layer/content_source.ts";
import type { DockerCli } from "../docker/cli.ts";
import { type ClusterInfo, findCluster, findUnsettled, type NodeInfo } from "./list_clusters.ts";
import { BEFORE, NEXT } from "./replace_node.ts";

/** What the engine says of the start of a container that never ran. */
const NEVER = "0001-01-01T00:00:00Z";

/**
 * Finds a cluster, and puts right what a replacement of a node left that was broken off: what had
 * taken the place of the node and was started stays, or else the node is what it was before.
 *
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {DockerError} When Docker fails.
 */
export async function settleReplacements(
  cli: DockerCli,
  name: string,
  options: CallOptions = {},
): Promise<ClusterInfo> {
  const cluster = await findUnsettled(cli, name, options);
  const containers = [...cluster.nodes, ...cluster.leftovers];
  const byNode = Map.groupBy(containers, (info) => info.node?.name ?? info.name);
  let isSettled = true;
  for (const [node, some] of byNode) {
    if (some.length === 1 && some[0]?.name === node) continue;
    await settleNode(cli, node, some, options);
    isSettled = false;
  }
  return isSettled ? cluster : await findCluster(cli, name, options);
}

async function settleNode(
  cli: DockerCli,
  node: string,
  containers: readonly NodeInfo[],
  options: CallOptions,
): Promise<void> {
  const call = { ...options, act: `put "${node}" right, whose replacement was broken off` };
  const has = (container: string) => containers.some(({ name }) => name === container);
  const remove = (container: string) => cli.run(["rm", "--force", "--volumes", container], call);
  const [before, next] = [`${node}${BEFORE}`, `${node}${NEXT}`];
  const isPlaced = has(node) && (!has(before) || await hasRun(cli, node, call));
  const rest = isPlaced ? node : has(before) ? before : next;
  for (const container of [node, before, next]) {
    if (has(container) && container !== rest) await remove(container);
  }
  if (rest !== node) await cli.run(["rename", rest, node], call);
}

async function hasRun(
  cli: DockerCli,
  container: string,
  call: CallOptions & { readonly act: string },
): Promise<boolean> {
  const started = await cli.run(["inspect", "--format", "{{.State.StartedAt}}", container], call);
  return started.trim() !== NEVER;
}
