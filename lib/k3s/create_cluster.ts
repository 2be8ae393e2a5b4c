import type { CallOptions } from "../layer/content_source.ts";
import { DockerCli, type DockerCliOptions } from "../docker/cli.ts";
import { ClusterError, DockerError } from "../errors.ts";
import { parseApiAddress } from "./api_address.ts";
import { applyPlan } from "./apply_plan.ts";
import { API_PORT } from "./arrange_nodes.ts";
import { Cluster } from "./cluster.ts";
import { parseDuration } from "./duration.ts";
import { askEngine, type EngineFacts } from "./engine.ts";
import { adaptKubeconfig } from "./kubeconfig.ts";
import { outlineNodes } from "./outline_nodes.ts";
import type { Plan } from "./operation.ts";
import { formatApiUrl, planCreation, type PlanInput } from "./plan_creation.ts";
import { contentsOf } from "./node_files.ts";
import { checkMachine, type Demand } from "./preflight.ts";
import { prepareCreation, wantedFor } from "./prepare_creation.ts";
import { prepareRegistries } from "./registries/cluster_registries.ts";
import type { RegistryProgram } from "./registries/own_image.ts";
import { settle } from "./settle.ts";
import { settleBalancer, settleSpec } from "./settle_spec.ts";
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
  if (facts.remoteHost === undefined) {
    const warnings = await checkMachine(demandOf(settleSpec(spec), facts));
    for (const warning of warnings) options.onWarning?.(warning);
  }
  const { k3d = {} } = spec.options ?? {};
  const timeoutMs = parseDuration(k3d.timeout ?? "0") || READY_TIMEOUT_MS;
  let failure: unknown;
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
      if (!isTaken(error)) throw error;
      failure = error;
    }
  }
  throw new ClusterError(
    `Cannot place cluster "${spec.name}" in a network: expected a subnet or addresses that are free, ` +
      "got none; choose a subnet by --subnet",
    { cause: failure },
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
  const spec = await settleBalancer(settleSpec(given));
  const contents = await contentsOf(spec, directory);
  const asking = askEngine(cli, wantedFor(spec), options);
  const [facts, registries] = await settle([
    asking,
    prepareRegistries(cli, spec, async () => (await asking).remoteHost, { ...options, directory }),
  ]);
  for (const warning of facts.warnings) onWarning?.(warning);
  return { inputs: prepareCreation(spec, facts, contents, registries), facts };
}

/** What is published is known before addresses are: of ports that nobody said the engine takes care. */
function demandOf(spec: ClusterSpec & { readonly name: string }, facts: EngineFacts): Demand {
  const { kubeAPI: { hostIP = "127.0.0.1", hostPort } = {}, ports = [] } = spec;
  const port = hostPort === undefined ? undefined : parseApiAddress(hostPort).port;
  return {
    cluster: spec.name,
    ports: [
      ...(port === undefined ? [] : [`${hostIP}:${port}:${API_PORT}`]),
      ...ports.map((spec) => spec.port),
    ],
    nodes: outlineNodes(spec).filter(({ role }) => role !== "loadbalancer").length,
    dataRoot: facts.dataRoot,
  };
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

/** The engine gave the subnet or an address to somebody else, or gives out all addresses itself. */
function isTaken(error: unknown): boolean {
  return error instanceof DockerError &&
    /overlaps|already in use.*network|user configured subnets|^(?!.*port).*address already in use/i
      .test(error.message);
}
