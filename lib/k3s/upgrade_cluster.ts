import { DockerCli } from "../docker/cli.ts";
import { ClusterError } from "../errors.ts";
import { applyPlan } from "./apply_plan.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import type { NodeInfo } from "./list_clusters.ts";
import type { ClusterNode } from "./node.ts";
import { parseNodeImage } from "./node_image.ts";
import { observeCluster, type ObservedCluster } from "./observe_cluster.ts";
import type { Plan } from "./operation.ts";
import { planReplacement } from "./plan_replacement.ts";
import { pullMissing } from "./pull_missing.ts";
import { runOperation } from "./run_operation.ts";
import { READY_TIMEOUT_MS } from "./start_cluster.ts";

/** Options of {@linkcode upgradeCluster}. */
export interface UpgradeOptions extends ClusterCallOptions {
  /** How long each node may take until it is Ready, in milliseconds; 5 minutes unless said. */
  readonly timeoutMs?: number;
  /** Hears of each node that is of the new image and Ready. */
  readonly onNode?: (name: string) => void;
}

/**
 * Gives the nodes of a cluster another image, one at a time: the servers, then the agents. Names,
 * addresses, ports and volumes stay. A node that is not Ready then goes back to the image it had, and
 * those behind it keep theirs.
 *
 * @returns The nodes that had another image.
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {ClusterError} When it does not run, or a node fails with the image.
 * @throws {DockerError} When Docker fails: there is no such image.
 */
export async function upgradeCluster(
  name: string,
  to: string,
  options: UpgradeOptions = {},
): Promise<readonly string[]> {
  const image = parseNodeImage(to);
  const { timeoutMs = READY_TIMEOUT_MS, onNode } = options;
  const cli = new DockerCli({ ...options.docker, detached: true });
  const cluster = await prepare(cli, name, options);
  const pull = await pullMissing(cli, image, options);
  for (const operation of pull) await runOperation(cli, operation);
  const upgraded: string[] = [];
  for (const node of nodesFor(cluster, image)) {
    const plan = planReplacement(cluster, { ...node, image });
    await applyPlan(cli, plan, { ...options, since: cluster.time, timeoutMs });
    upgraded.push(node.name);
    onNode?.(node.name);
  }
  return upgraded;
}

/**
 * Plans what {@linkcode upgradeCluster} does, a plan for each node.
 *
 * @throws As {@linkcode upgradeCluster} does before it changes anything.
 */
export async function planUpgrade(
  name: string,
  to: string,
  options: ClusterCallOptions = {},
): Promise<readonly Plan[]> {
  const image = parseNodeImage(to);
  const cli = new DockerCli({ ...options.docker, detached: true });
  const cluster = await prepare(cli, name, options);
  const plans = nodesFor(cluster, image).map((node) =>
    planReplacement(cluster, { ...node, image })
  );
  const pull = await pullMissing(cli, image, options);
  const [first] = plans;
  if (pull.length === 0 || first === undefined) return plans;
  const step = { kind: "work" as const, chains: [pull] };
  return [{ ...first, steps: [step, ...first.steps] }, ...plans.slice(1)];
}

async function prepare(
  cli: DockerCli,
  name: string,
  options: ClusterCallOptions,
): Promise<ObservedCluster> {
  const cluster = await observeCluster(cli, name, `upgrade cluster "${name}"`, options);
  const stopped = cluster.nodes.find(({ state }) => state !== "running");
  if (stopped === undefined) return cluster;
  throw new ClusterError(
    `Cannot upgrade cluster "${name}": expected all of its nodes to run, got "${stopped.name}" ` +
      `${stopped.state}; start them by "davit cluster start ${name}"`,
    { node: stopped.name },
  );
}

/** The nodes that have another image, in the order in which Kubernetes wants them upgraded. */
function nodesFor({ nodes }: ObservedCluster, image: string): readonly ClusterNode[] {
  return nodes.filter(({ role }) => role !== "loadbalancer").map(madeAs)
    .filter((node) => node.image !== image);
}

function madeAs({ name, node }: NodeInfo): ClusterNode {
  if (node !== undefined) return node;
  throw new ClusterError(
    `Cannot replace "${name}": expected to find in its label how it was made`,
    { node: name },
  );
}
