import { DockerCli } from "../docker/cli.ts";
import { applyPlan } from "./apply_plan.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import { parseDuration } from "./duration.ts";
import { findUnsettled, firstServer } from "./list_clusters.ts";
import { startNode } from "./node_operations.ts";
import type { WorkStep } from "./operation.ts";
import { planStart } from "./plan_start.ts";
import { takeInventory } from "./registries/list_registries.ts";
import { settle } from "./settle.ts";
import { settleReplacements } from "./settle_replacements.ts";
import type { WaitLevel } from "./spec.ts";

/** Options of {@linkcode startCluster}. */
export interface StartClusterOptions extends ClusterCallOptions {
  /** What ready means; `nodes` unless said, and not to wait at all for `false`. */
  readonly waitFor?: WaitLevel | false;
  /** How long it may take, in milliseconds; 5 minutes unless said. */
  readonly timeoutMs?: number;
}

/** How long a cluster may take to come up, unless it is said. */
export const READY_TIMEOUT_MS: number = parseDuration("5m");

/**
 * Starts the nodes of a cluster that was stopped, in their order, and the registries that it uses, and
 * waits until the nodes are ready. A node whose replacement was broken off is put right first.
 *
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {ClusterError} When a node is missing, fails, or is not ready in time.
 * @throws {DockerError} When Docker fails.
 */
export async function startCluster(name: string, options: StartClusterOptions = {}): Promise<void> {
  const { waitFor = "nodes", timeoutMs = READY_TIMEOUT_MS } = options;
  const cli = new DockerCli({ ...options.docker, detached: true });
  const act = `start cluster "${name}"`;
  const [cluster, time, { registries }] = await settle([
    settleReplacements(cli, name, options),
    cli.run(["info", "--format", "{{.SystemTime}}"], { ...options, act }),
    takeInventory(cli, { ...options, act }),
  ]);
  firstServer(cluster);
  const stopped = registries.filter(({ clusters, state }) =>
    clusters.includes(name) && state !== "running"
  );
  const nodes = planStart(cluster, waitFor === false ? undefined : waitFor);
  const first: WorkStep = {
    kind: "work",
    chains: stopped.map((registry) => [startNode(registry)]),
  };
  const plan = stopped.length === 0 ? nodes : { ...nodes, steps: [first, ...nodes.steps] };
  await applyPlan(cli, plan, { ...options, since: time.trim(), timeoutMs });
}

/**
 * Stops the nodes of a cluster, all at once, and the registries that were made with it and that no
 * other cluster uses. Nothing is lost: volumes and addresses stay.
 *
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {DockerError} When Docker fails.
 */
export async function stopCluster(name: string, options: ClusterCallOptions = {}): Promise<void> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  const act = `stop cluster "${name}"`;
  const [{ nodes, leftovers }, { registries }] = await settle([
    findUnsettled(cli, name, options),
    takeInventory(cli, { ...options, act }),
  ]);
  const own = registries.filter(({ owner, clusters }) =>
    owner === name && clusters.every((cluster) => cluster === name)
  );
  const names = [...nodes, ...leftovers, ...own]
    .filter(({ state }) => state !== "exited" && state !== "created")
    .map((container) => container.name);
  if (names.length === 0) return;
  await cli.run(["stop", ...names], { ...options, act });
}
