import { DockerCli } from "../docker/cli.ts";
import { RecreationError } from "../errors.ts";
import { applyPlan } from "./apply_plan.ts";
import { type ClusterChanges, describeChanges } from "./changes/cluster_changes.ts";
import { compareCluster } from "./changes/compare_cluster.ts";
import { planChanges } from "./changes/plan_changes.ts";
import {
  changeRegistries,
  compareRegistries,
  describeRegistryChange,
  lacksConfig,
  planRegistryChange,
} from "./changes/registry_changes.ts";
import type { Cluster } from "./cluster.ts";
import { createCluster, type CreateClusterOptions, planCluster } from "./create_cluster.ts";
import { readJoinFiles } from "./create_node.ts";
import { parseDuration } from "./duration.ts";
import { firstServer, listClusters } from "./list_clusters.ts";
import type { ClusterNode } from "./node.ts";
import { contentsOf, userFilesOf } from "./node_files.ts";
import { nodesOf, observeCluster, type ObservedCluster } from "./observe_cluster.ts";
import type { Operation, Plan } from "./operation.ts";
import { pullMissing } from "./pull_missing.ts";
import { readNodeLabels } from "./read_node_labels.ts";
import { settleBalancer, settleSpec } from "./settle_spec.ts";
import type { ClusterSpec } from "./spec.ts";
import { READY_TIMEOUT_MS, startCluster } from "./start_cluster.ts";

/** Options of {@linkcode applyCluster}. */
export interface ApplyClusterOptions extends CreateClusterOptions {
  /** Whether nodes may be made anew, with their volumes and addresses; not unless said. */
  readonly recreate?: boolean;
}

/** What was done to make a cluster what its spec says. */
export interface Applied {
  /** Its name. */
  readonly name: string;
  /** Whether it was made, was changed, or was so already. */
  readonly outcome: "created" | "changed" | "unchanged";
  /** What was changed, a line each. */
  readonly changes: readonly string[];
  /** The cluster, when it was made. */
  readonly cluster?: Cluster;
}

/**
 * Makes a cluster what a spec says: it is made, left alone, or changed in exactly what differs. What
 * the spec leaves to davit stays as it is. A cluster that was stopped is started first.
 *
 * Each change is whole by itself: one that fails is taken back, those before it stay.
 *
 * @throws {RecreationError} When nodes would have to be made anew and must not, or it takes another
 * cluster; nothing is changed then.
 * @throws {SpecError} When the spec does not make sense.
 * @throws {DockerError} When Docker fails.
 * @throws {ClusterError} When a node fails, or is not ready in time.
 */
export async function applyCluster(
  given: ClusterSpec,
  options: ApplyClusterOptions = {},
): Promise<Applied> {
  const spec = settleSpec(given);
  const { name } = spec;
  const found = (await listClusters(options)).find((cluster) => cluster.name === name);
  if (found === undefined) {
    const cluster = await createCluster(spec, options);
    return { name, outcome: "created", changes: [], cluster };
  }
  const started = found.nodes.some(({ state }) => state !== "running") ? [`start ${name}`] : [];
  if (started.length > 0) await startCluster(name, options);
  const cli = new DockerCli({ ...options.docker, detached: true });
  const { cluster, changes, plans } = await prepare(cli, spec, options);
  const wanted = await compareRegistries(cli, spec, options);
  refuse(name, changes, options);
  const timeoutMs = parseDuration(spec.options?.k3d?.timeout ?? "0") || READY_TIMEOUT_MS;
  for (const plan of plans) {
    await applyPlan(cli, plan, { ...options, since: cluster.time, timeoutMs });
  }
  const registries = await changeRegistries(cli, spec, wanted, { ...options, timeoutMs });
  const lines = [
    ...started,
    ...describeChanges(changes),
    ...registries.map(describeRegistryChange),
  ];
  return { name, outcome: lines.length === 0 ? "unchanged" : "changed", changes: lines };
}

/**
 * Plans what {@linkcode applyCluster} does, and does nothing.
 *
 * @returns The plans, and what they change; a cluster that is stopped is planned as if it ran.
 * @throws As {@linkcode applyCluster} does before it changes anything.
 */
export async function planApply(
  given: ClusterSpec,
  options: ApplyClusterOptions = {},
): Promise<{ readonly plans: readonly Plan[]; readonly changes: readonly string[] }> {
  const spec = settleSpec(given);
  const { name } = spec;
  const found = (await listClusters(options)).find((cluster) => cluster.name === name);
  if (found === undefined) {
    return { plans: [await planCluster(spec, options)], changes: [`create ${name}`] };
  }
  const cli = new DockerCli({ ...options.docker, detached: true });
  const { cluster, changes, plans } = await prepare(cli, spec, options);
  const registries = await compareRegistries(cli, spec, options);
  refuse(name, changes, options);
  const server = firstServer(cluster).name;
  const chains = await Promise.all(
    registries.map((change) => planRegistryChange(change, name, options)),
  );
  return {
    plans: [
      ...plans,
      ...chains.map((chain): Plan => (
        { cluster: name, server, steps: [{ kind: "work", chains: [chain] }] }
      )),
    ],
    changes: [...describeChanges(changes), ...registries.map(describeRegistryChange)],
  };
}

async function prepare(cli: DockerCli, given: ClusterSpec, options: ApplyClusterOptions) {
  const spec = await settleBalancer(given);
  const { name = "" } = spec;
  const cluster = await observeCluster(cli, name, `apply to cluster "${name}"`, options);
  const [isOtherConfig, labels, joinFiles, contents] = await Promise.all([
    lacksConfig(cli, firstServer(cluster).name, spec, options),
    readNodeLabels(cli, cluster, spec, options),
    readJoinFiles(cli, cluster, options),
    contentsOf(spec, options.directory),
  ]);
  const [secret] = joinFiles;
  const compared = compareCluster(cluster, spec, {
    contents,
    token: String(secret?.content ?? ""),
    labels,
  });
  const changes: ClusterChanges = isOtherConfig
    ? { ...compared, refuse: [...compared.refuse, "the config of its registries"] }
    : compared;
  const { add, recreate, balancer } = changes;
  const made = [
    ...add,
    ...recreate.map(({ node }) => node),
    ...balancer === undefined ? [] : [balancer],
  ];
  const all = [...nodesOf(cluster), ...add];
  const filesOf = ({ role, index }: ClusterNode) => {
    const known = all.find((node) => node.role === role && node.index === index);
    return known === undefined ? [] : userFilesOf(known, all, { spec, contents });
  };
  const pulls = await pullsFor(cli, cluster, made, options);
  const plans = planChanges(cluster, changes, { joinFiles, filesOf, pulls });
  return { cluster, changes, plans };
}

/** Images that no node is of yet may be missing. */
async function pullsFor(
  cli: DockerCli,
  cluster: ObservedCluster,
  nodes: readonly { readonly image: string }[],
  options: ApplyClusterOptions,
): Promise<readonly Operation[]> {
  const present = nodesOf(cluster).map(({ image }) => image);
  const images = new Set(
    nodes.map(({ image }) => image).filter((image) => !present.includes(image)),
  );
  const pulls = await Promise.all([...images].map((image) => pullMissing(cli, image, options)));
  return pulls.flat();
}

function refuse(name: string, changes: ClusterChanges, { recreate = false }: ApplyClusterOptions) {
  const lines = describeChanges(changes);
  if (changes.refuse.length > 0) {
    throw new RecreationError(
      `Cannot change ${
        changes.refuse.join("; ")
      } of cluster "${name}": expected another cluster for ` +
        `that; delete it first, or leave that as it is`,
      lines,
    );
  }
  if (recreate || changes.recreate.length === 0) return;
  const nodes = changes.recreate.map(({ node, reasons }) => `${node.name} (${reasons.join("; ")})`);
  throw new RecreationError(
    `Cannot apply to cluster "${name}" without making nodes anew: ${
      nodes.join(", ")
    }; --recreate allows ` +
      "it, one node at a time with its volumes and address",
    lines,
  );
}
