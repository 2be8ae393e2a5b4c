import { DockerCli } from "../docker/cli.ts";
import { applyPlan } from "./apply_plan.ts";
import { changePorts, type PortChanges, withPorts } from "./change_ports.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import { nodesOf, observeCluster, type ObservedCluster } from "./observe_cluster.ts";
import { BALANCER_IMAGE } from "./load_balancer.ts";
import type { ClusterNode } from "./node.ts";
import { freeAddresses } from "./new_nodes.ts";
import type { Plan } from "./operation.ts";
import { planBalancer } from "./plan_balancer.ts";
import { pullMissing } from "./pull_missing.ts";
import { settleBalancerImage } from "./settle_spec.ts";
import { READY_TIMEOUT_MS } from "./start_cluster.ts";

/** Options of {@linkcode editPorts}. */
export interface EditPortsOptions extends ClusterCallOptions {
  /** The image of a load balancer, where the cluster has none yet. */
  readonly image?: string;
}

/**
 * Changes the ports that the load balancer of a cluster publishes, by another one that takes its
 * place: all other ports lead where they did. When that fails the old one is back. A cluster without
 * a load balancer gets one, and one that publishes nothing any more goes.
 *
 * @returns The load balancer as it is now; `undefined` when there is none.
 * @throws {NotFoundError} When there is no such cluster, or port to take away.
 * @throws {SpecError} When two want the same port of the host, or one is to be published directly.
 * @throws {DockerError} When Docker fails: the port is taken.
 */
export async function editPorts(
  name: string,
  changes: PortChanges,
  options: EditPortsOptions = {},
): Promise<ClusterNode | undefined> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  const { plan, balancer, time } = await prepare(cli, name, changes, options);
  await applyPlan(cli, plan, { ...options, since: time, timeoutMs: READY_TIMEOUT_MS });
  return balancer;
}

/**
 * Plans what {@linkcode editPorts} does, and does nothing.
 *
 * @throws As {@linkcode editPorts} does before it changes anything.
 */
export async function planPorts(
  name: string,
  changes: PortChanges,
  options: EditPortsOptions = {},
): Promise<Plan> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  return (await prepare(cli, name, changes, options)).plan;
}

async function prepare(
  cli: DockerCli,
  name: string,
  changes: PortChanges,
  options: EditPortsOptions,
) {
  const act = `change the ports of cluster "${name}"`;
  const cluster = await observeCluster(cli, name, act, options);
  const nodes = nodesOf(cluster);
  const present = nodes.find(({ role }) => role === "loadbalancer");
  const ports = changePorts(present?.balancing?.ports ?? [], changes);
  const image = await settleBalancerImage(options.image ?? BALANCER_IMAGE);
  const next = withPorts(name, nodes, { ports, image });
  const isNew = present === undefined && next.ports.length > 0;
  const pulls = isNew ? await pullMissing(cli, next.image, options) : [];
  const plan = planBalancer(cluster, placed(next, cluster));
  const first = pulls.length === 0 ? [] : [{ kind: "work" as const, chains: [pulls] }];
  return {
    plan: { ...plan, steps: [...first, ...plan.steps] },
    time: cluster.time,
    balancer: next.ports.length === 0 ? undefined : next,
  };
}

/** A load balancer that has no address yet gets one, where addresses are given out by davit. */
function placed(balancer: ClusterNode, cluster: ObservedCluster): ClusterNode {
  if (balancer.ip !== undefined) return balancer;
  const [ip] = freeAddresses(cluster, 1);
  return ip === undefined ? balancer : { ...balancer, ip };
}
