import type { CallOptions } from "../layer/content_source.ts";
import { DockerCli, type DockerCliOptions } from "../docker/cli.ts";
import { ClusterError, DockerError } from "../errors.ts";
import { applyPlan } from "./apply_plan.ts";
import { Cluster } from "./cluster.ts";
import { parseDuration } from "./duration.ts";
import { askEngine, type EngineFacts } from "./engine.ts";
import { adaptKubeconfig } from "./kubeconfig.ts";
import type { Plan } from "./operation.ts";
import { formatApiUrl, planCreation, type PlanInput } from "./plan_creation.ts";
import { contentsOf } from "./node_files.ts";
import { prepareCreation, wantedFor } from "./prepare_creation.ts";
import { prepareRegistries } from "./registries/cluster_registries.ts";
import type { RegistryProgram } from "./registries/own_image.ts";
import { settle } from "./settle.ts";
import { settleSpec } from "./settle_spec.ts";
import { READY_TIMEOUT_MS } from "./start_cluster.ts";
import type { ClusterSpec } from "./spec.ts";

/** Options of {@linkcode createCluster}. */
export interface CreateClusterOptions extends CallOptions {
  /** How the `docker` command is run. */
  readonly docker?: DockerCliOptions;
  /** What relative paths in the spec start from; the current directory unless said. */
  readonly directory?: string;
  /** What serves davit's own registry in a container; this library unless said. */
  readonly registryProgram?: RegistryProgram;
  /** Hears what may go wrong later. */
  readonly onWarning?: (text: string) => void;
}

/**
 * Makes a cluster of k3s nodes in containers and waits until it is ready. A failure, the deadline
 * and the signal leave nothing behind.
 *
 * @returns The cluster. Disposing of it deletes it.
 * @throws {AlreadyExistsError} When there is one of that name.
 * @throws {SpecError} When the spec does not make sense.
 * @throws {DockerError} When Docker fails.
 * @throws {ClusterError} When a node fails, or is not ready in time.
 * @example
 * ```ts
 * import { createCluster } from "@davit/davit/k3s";
 *
 * async function nodesOfNewCluster(): Promise<string> {
 *   await using cluster = await createCluster({ name: "test", agents: 1 });
 *   return await cluster.kubectl("get", "nodes");
 * }
 * console.assert(typeof nodesOfNewCluster === "function");
 * ```
 */
export async function createCluster(
  spec: ClusterSpec,
  options: CreateClusterOptions = {},
): Promise<Cluster> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  const { inputs, facts } = await prepare(cli, spec, options);
  const { k3d = {} } = spec.options ?? {};
  const timeoutMs = parseDuration(k3d.timeout ?? "0") || READY_TIMEOUT_MS;
  for (const input of inputs) {
    try {
      const kubeconfig = await applyPlan(cli, planCreation(input), {
        ...options,
        since: facts.time,
        timeoutMs,
        keepOnFailure: k3d.disableRollback === true,
      });
      return open(cli, input, kubeconfig);
    } catch (error) {
      if (input.newNetwork === undefined || !isTaken(error)) throw error;
    }
  }
  throw new ClusterError(
    `Cannot make a network for cluster "${spec.name}": expected a free subnet, got none; choose one ` +
      "by --subnet",
  );
}

/**
 * Plans a cluster, without making anything.
 *
 * @throws As {@linkcode createCluster} does before it makes anything.
 */
export async function planCluster(
  spec: ClusterSpec,
  options: CreateClusterOptions = {},
): Promise<Plan> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  const { inputs } = await prepare(cli, spec, options);
  for (const input of inputs) return planCreation(input);
  throw new ClusterError(`Cannot plan cluster "${spec.name}": expected a free subnet, got none`);
}

async function prepare(
  cli: DockerCli,
  given: ClusterSpec,
  options: CreateClusterOptions,
): Promise<{ readonly inputs: Iterable<PlanInput>; readonly facts: EngineFacts }> {
  const { directory = ".", onWarning } = options;
  const spec = settleSpec(given);
  const contents = await contentsOf(spec, directory);
  const asking = askEngine(cli, wantedFor(spec), options);
  const [facts, registries] = await settle([
    asking,
    prepareRegistries(cli, spec, async () => (await asking).remoteHost, { ...options, directory }),
  ]);
  for (const warning of facts.warnings) onWarning?.(warning);
  return { inputs: prepareCreation(spec, facts, contents, registries), facts };
}

function open(cli: DockerCli, input: PlanInput, kubeconfig: string | undefined): Cluster {
  const { spec: { name = "" }, api } = input;
  return new Cluster(cli, {
    name,
    apiUrl: formatApiUrl(api),
    kubeconfig: kubeconfig === undefined
      ? undefined
      : adaptKubeconfig(kubeconfig, { cluster: name, server: formatApiUrl(api) }),
  });
}

/** The engine gave the subnet to somebody else. */
function isTaken(error: unknown): boolean {
  return error instanceof DockerError && /overlaps|already in use.*network/i.test(error.message);
}
