import { DockerCli } from "../docker/cli.ts";
import { ClusterError, NotFoundError } from "../errors.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import { removeAll } from "./journal.ts";
import { type ClusterInfo, firstServer, listClusters, type NodeInfo } from "./list_clusters.ts";
import { planLeave } from "./plan_leave.ts";
import { runChains } from "./run_operation.ts";

/** A node, and the cluster it belongs to. */
export interface FoundNode {
  /** The cluster. */
  readonly cluster: ClusterInfo;
  /** The node. */
  readonly node: NodeInfo;
}

/**
 * Lists the nodes of all clusters.
 *
 * @throws {DockerError} When Docker fails.
 */
export async function listNodes(options: ClusterCallOptions = {}): Promise<readonly FoundNode[]> {
  const clusters = await listClusters(options);
  return clusters.flatMap((cluster) => cluster.nodes.map((node) => ({ cluster, node })));
}

/**
 * Starts a node's container, or stops it; nothing is lost.
 *
 * @throws {NotFoundError} When there is no such node.
 * @throws {DockerError} When Docker fails.
 */
export async function switchNode(
  name: string,
  state: "start" | "stop",
  options: ClusterCallOptions = {},
): Promise<void> {
  await findNode(name, options);
  const cli = new DockerCli({ ...options.docker, detached: true });
  await cli.run([state, name], { ...options, act: `${state} "${name}"` });
}

/**
 * Takes a node out of its cluster: Kubernetes forgets it (and etcd, if it is a server), then its
 * container and volumes go.
 *
 * @throws {NotFoundError} When there is no such node.
 * @throws {ClusterError} When it is the first server, through which the others join.
 * @throws {DockerError} When Docker or Kubernetes fails.
 */
export async function deleteNode(name: string, options: ClusterCallOptions = {}): Promise<void> {
  const { cluster, node } = await findNode(name, options);
  const server = firstServer(cluster);
  if (server.name === name) {
    throw new ClusterError(
      `Cannot delete "${name}": the other nodes join through it; delete the whole cluster by "davit ` +
        `cluster delete ${cluster.name}"`,
      { node: name },
    );
  }
  const cli = new DockerCli({ ...options.docker, detached: true });
  const { steps, cleanup = [] } = planLeave(cluster, [node]);
  for (const step of steps) if (step.kind === "work") await runChains(cli, step.chains, () => {});
  await removeAll(cli, cleanup);
}

/**
 * Finds a node, and the cluster it belongs to.
 *
 * @throws {NotFoundError} When there is no such node.
 * @throws {DockerError} When Docker fails.
 */
export async function findNode(
  name: string,
  options: ClusterCallOptions = {},
): Promise<FoundNode> {
  const found = (await listNodes(options)).find(({ node }) => node.name === name);
  if (found === undefined) throw new NotFoundError("node", name);
  return found;
}
