import { DockerCli } from "../../docker/cli.ts";
import { ClusterError } from "../../errors.ts";
import type { ClusterCallOptions } from "../delete_cluster.ts";
import { remoteHostOf } from "../engine.ts";
import { Journal } from "../journal.ts";
import { present } from "../../oci/present.ts";
import type { Chain, Operation } from "../operation.ts";
import { runChains } from "../run_operation.ts";
import { askRegistries } from "./ask_registries.ts";
import { answerUrl, awaitRegistry } from "./await_registry.ts";
import { warnOfForeign } from "./cluster_registries.ts";
import type { RegistryProgram } from "./own_image.ts";
import { arrangeRegistry, type RegistryContainer, registryName } from "./registry.ts";
import { loadImage, makeRegistry } from "./registry_operations.ts";
import type { RegistrySpec } from "./registry_spec.ts";

/** Options of {@linkcode createRegistryContainer}. */
export interface CreateRegistryContainerOptions extends ClusterCallOptions {
  /** The network that it is made in; `bridge` unless said. Those of clusters come by connecting. */
  readonly network?: string;
  /** The cluster that it is deleted with; none unless said. */
  readonly owner?: string;
  /** What serves davit's own registry; this library unless said. */
  readonly registryProgram?: RegistryProgram;
  /** How long it may take until it answers, in milliseconds; 1 minute unless said. */
  readonly timeoutMs?: number;
  /** Hears which image stands in for davit's own. */
  readonly onWarning?: (text: string) => void;
}

/** What a registry is called unless it is said. */
export const DEFAULT_REGISTRY = "registry";

const TIMEOUT_MS = 60_000;

/**
 * Makes a registry in a container, which stays until it is deleted, and waits until it answers. It
 * needs no privileges, and unless another image is said it is davit's own, which davit puts together
 * itself. A failure, the deadline and the signal leave nothing behind.
 *
 * @returns What it is, with the port at which it is reached.
 * @throws {AlreadyExistsError} When there is a container of its name.
 * @throws {SyntaxError} For a name, port, volume or URL that means nothing.
 * @throws {DockerError} When Docker fails.
 * @throws {ClusterError} When it ends, or does not answer in time.
 * @example
 * ```ts
 * import { createRegistryContainer, deleteRegistryContainer } from "@davit/davit/k3s";
 *
 * async function tryRegistry(): Promise<number> {
 *   const { hostPort } = await createRegistryContainer({ name: "try" });
 *   await deleteRegistryContainer("try");
 *   return hostPort;
 * }
 * console.assert(typeof tryRegistry === "function");
 * ```
 */
export async function createRegistryContainer(
  spec: RegistrySpec = {},
  options: CreateRegistryContainerOptions = {},
): Promise<RegistryContainer> {
  const { timeoutMs = TIMEOUT_MS } = options;
  const cli = new DockerCli({ ...options.docker, detached: true });
  const { chain, registry, remoteHost } = await plan(cli, spec, options);
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([
    deadline,
    ...options.signal === undefined ? [] : [options.signal],
  ]);
  const journal = new Journal();
  try {
    await runChains(cli, [chain], (operation) => {
      signal.throwIfAborted();
      journal.note(operation);
    });
    const url = answerUrl(registry, remoteHost);
    await awaitRegistry(cli, { name: registry.name, url }, { signal });
    return registry;
  } catch (error) {
    await journal.undo(cli);
    if (error !== deadline.reason) throw error;
    throw new ClusterError(
      `Cannot make registry "${registry.name}": expected it to answer within ${timeoutMs / 1000} s`,
      { node: registry.name },
    );
  }
}

/**
 * Plans a registry, without making anything.
 *
 * @throws As {@linkcode createRegistryContainer} does before it makes anything.
 */
export async function planRegistryContainer(
  spec: RegistrySpec = {},
  options: CreateRegistryContainerOptions = {},
): Promise<readonly Operation[]> {
  return (await plan(new DockerCli({ ...options.docker, detached: true }), spec, options)).chain;
}

async function plan(
  cli: DockerCli,
  spec: RegistrySpec,
  options: CreateRegistryContainerOptions,
): Promise<{
  readonly chain: Chain;
  readonly registry: RegistryContainer;
  readonly remoteHost: string | undefined;
}> {
  const { network = "bridge", owner, registryProgram, onWarning } = options;
  const name = registryName(spec.name ?? DEFAULT_REGISTRY);
  const [facts, endpoint] = await Promise.all([
    askRegistries(cli, {
      ...{ made: [name], used: [], images: [spec.image] },
      ...(registryProgram === undefined ? {} : { program: registryProgram }),
    }, options),
    cli.run(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], {
      ...options,
      act: `make registry "${name}"`,
    }),
  ]);
  const remoteHost = remoteHostOf(endpoint.trim());
  const { ownImage, missingImages } = facts;
  const registry = arrangeRegistry(spec, name, { remoteHost, ownImage: ownImage?.name });
  warnOfForeign([{ registry }], onWarning === undefined ? {} : { onWarning });
  const { image } = registry;
  const isMissing = missingImages.includes(image);
  const pull = { act: `pull image "${image}"`, args: ["pull", "--quiet", image] };
  const { proxy } = spec;
  return {
    registry,
    remoteHost,
    chain: [
      ...(!isMissing ? [] : [image === ownImage?.name ? loadImage(ownImage) : pull]),
      ...makeRegistry(registry, { network, ...present({ owner, proxy }) }),
    ],
  };
}
