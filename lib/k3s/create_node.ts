import { DockerCli } from "../docker/cli.ts";
import { ClusterError } from "../errors.ts";
import { applyPlan } from "./apply_plan.ts";
import { TOKEN_PATH } from "./arrange_nodes.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import { firstServer } from "./list_clusters.ts";
import type { NodeFile } from "./node.ts";
import { arrangeNewNodes, type NewNodes } from "./new_nodes.ts";
import { observeCluster, type ObservedCluster } from "./observe_cluster.ts";
import type { Plan } from "./operation.ts";
import { planJoin } from "./plan_join.ts";
import { readRegistriesFile } from "./registries/node_registries.ts";
import { settle } from "./settle.ts";
import { READY_TIMEOUT_MS } from "./start_cluster.ts";

/** What a plan tells of the files by which nodes join. */
const JOIN_FILES: readonly NodeFile[] = [{ path: TOKEN_PATH, content: "" }];

/** Options of {@linkcode createNodes}. */
export interface CreateNodesOptions extends ClusterCallOptions {
  /** Whether to wait until they are Ready; true unless said. */
  readonly wait?: boolean;
  /** How long, in milliseconds; 5 minutes unless said. */
  readonly timeoutMs?: number;
}

/**
 * Adds nodes to a cluster that runs, agents unless said. What fails leaves nothing of them behind.
 *
 * @returns Their names.
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {SpecError} When it takes no more servers.
 * @throws {ClusterError} When its first server does not run, or a node is not Ready in time.
 * @throws {DockerError} When Docker fails.
 */
export async function createNodes(
  name: string,
  wanted: NewNodes = {},
  options: CreateNodesOptions = {},
): Promise<readonly string[]> {
  const { wait = true, timeoutMs = READY_TIMEOUT_MS } = options;
  const cli = new DockerCli({ ...options.docker, detached: true });
  const cluster = await observeCluster(cli, name, `add nodes to cluster "${name}"`, options);
  const nodes = arrangeNewNodes(cluster, wanted);
  const files = await readJoinFiles(cli, cluster, options);
  const plan = planJoin(cluster, nodes, { files, wait });
  await applyPlan(cli, plan, { ...options, since: cluster.time, timeoutMs });
  return nodes.map((node) => node.name);
}

/**
 * Plans what {@linkcode createNodes} does, and does nothing.
 *
 * @throws As {@linkcode createNodes} does before it changes anything.
 */
export async function planNodes(
  name: string,
  wanted: NewNodes = {},
  options: CreateNodesOptions = {},
): Promise<Plan> {
  const { wait = true } = options;
  const cli = new DockerCli({ ...options.docker, detached: true });
  const cluster = await observeCluster(cli, name, `add nodes to cluster "${name}"`, options);
  return planJoin(cluster, arrangeNewNodes(cluster, wanted), { files: JOIN_FILES, wait });
}

/**
 * The files by which nodes join a cluster that runs: its secret, and what its nodes are told of
 * registries.
 *
 * @throws {ClusterError} When its first server does not run.
 * @throws {DockerError} When Docker fails.
 */
export async function readJoinFiles(
  cli: DockerCli,
  cluster: ObservedCluster,
  options: ClusterCallOptions,
): Promise<readonly NodeFile[]> {
  const server = firstServer(cluster);
  const act = `add nodes to cluster "${cluster.name}"`;
  if (server.state !== "running") {
    throw new ClusterError(
      `Cannot ${act}: expected it to run, got ${server.state}; start it by "davit cluster start ` +
        `${cluster.name}"`,
    );
  }
  const [token, registries] = await settle([
    cli.run(["exec", server.name, "cat", TOKEN_PATH], { ...options, act }),
    readRegistriesFile(cli, server.name, options),
  ]);
  return [{ path: TOKEN_PATH, content: token, mode: 0o600 }, ...registries];
}
