import { DockerCli } from "../../docker/cli.ts";
import { NotFoundError } from "../../errors.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import type { ClusterCallOptions } from "../delete_cluster.ts";
import { Journal } from "../journal.ts";
import { findCluster, firstServer } from "../list_clusters.ts";
import type { Chain, Operation } from "../operation.ts";
import { removalsOf } from "../removal.ts";
import { runChains } from "../run_operation.ts";
import { settle } from "../settle.ts";
import { askRegistries, type FoundRegistry } from "./ask_registries.ts";
import { askNetwork } from "./ask_network.ts";
import { HOSTING_PATH, hostingManifest } from "./hosting_manifest.ts";
import {
  additionFor,
  changeNode,
  inverseOf,
  type NodeChange,
  type NodeRegistries,
  readNodeRegistries,
  removalFor,
} from "./node_registries.ts";
import { mirroredNames } from "./mirrors.ts";
import { connectRegistry } from "./registry_operations.ts";

/** A registry, and a cluster whose nodes know it now, or know it no more. */
export interface RegistryConnection {
  /** The registry's container. */
  readonly registry: string;
  /** The cluster. */
  readonly cluster: string;
  /** What images that are in it are called there: `davit-images:5000`. */
  readonly names: readonly string[];
  /** The nodes that will know only once they have been started again. */
  readonly waiting: readonly string[];
  /** What is done, in this order. */
  readonly operations: readonly Operation[];
}

/** What is to be done, and what takes it back. */
interface Work extends RegistryConnection {
  readonly network: Chain;
  readonly nodes: readonly { readonly change: NodeChange; readonly before: NodeRegistries }[];
  readonly last: Chain;
}

/**
 * Has the nodes of a cluster, which may run, pull from a registry: no node is started again where its
 * containerd looks for registries at each pull. What fails is taken back.
 *
 * @param name The registry's container, with `davit-` in front or without, and a port if it has several.
 * @throws {NotFoundError} When there is no such registry, or cluster.
 * @throws {SpecError} When the `registries.yaml` of a node is none.
 * @throws {DockerError} When Docker fails.
 * @example
 * ```ts
 * import { connectRegistryToCluster } from "@davit/davit/k3s";
 *
 * async function useRegistry(): Promise<void> {
 *   const { names } = await connectRegistryToCluster("images", "dev");
 *   console.log(`run ${names[0]}/app`);
 * }
 * console.assert(typeof useRegistry === "function");
 * ```
 */
export async function connectRegistryToCluster(
  name: string,
  cluster: string,
  options: ClusterCallOptions = {},
): Promise<RegistryConnection> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  return await carryOut(cli, await planConnection(cli, name, cluster, options), options);
}

/**
 * Has the nodes of a cluster pull from a registry no more, and takes it out of their network. What
 * fails is taken back.
 *
 * @param name As {@linkcode connectRegistryToCluster} has it.
 * @throws As {@linkcode connectRegistryToCluster} does.
 */
export async function disconnectRegistryFromCluster(
  name: string,
  cluster: string,
  options: ClusterCallOptions = {},
): Promise<RegistryConnection> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  return await carryOut(cli, await planDisconnection(cli, name, cluster, options), options);
}

/**
 * Plans what connecting or disconnecting does, and does nothing.
 *
 * @throws As {@linkcode connectRegistryToCluster} does before it changes anything.
 */
export async function planRegistryConnection(
  verb: "connect" | "disconnect",
  name: string,
  cluster: string,
  options: ClusterCallOptions = {},
): Promise<RegistryConnection> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  const plan = verb === "connect" ? planConnection : planDisconnection;
  return await plan(cli, name, cluster, options);
}

async function planConnection(
  cli: DockerCli,
  name: string,
  cluster: string,
  options: CallOptions,
): Promise<Work> {
  const { found, registry, nodes } = await look(cli, name, cluster, options);
  const server = firstServer(found).name;
  const { network, ip } = await askNetwork(cli, found, options);
  const changes = await Promise.all(nodes.map(async (before) => {
    const change = await additionFor(before, registry);
    const isTold = before.node.name !== server || before.files.has(HOSTING_PATH);
    const manifest = { path: HOSTING_PATH, content: hostingManifest(registry, ip) };
    return { before, change: isTold ? change : withFile(change, manifest) };
  }));
  const place = { network, ...(ip === undefined ? {} : { ip }) };
  return describe(cluster, registry, {
    network: registry.networks.includes(network) ? [] : [connectRegistry(registry.name, place)],
    nodes: changes,
    last: [],
  });
}

async function planDisconnection(
  cli: DockerCli,
  name: string,
  cluster: string,
  options: CallOptions,
): Promise<Work> {
  const { found, registry, nodes } = await look(cli, name, cluster, options);
  const { network } = await askNetwork(cli, found, options);
  const changes = await Promise.all(nodes.map(async (before) => (
    { before, change: await removalFor(before, registry) }
  )));
  const isIn = registry.networks.includes(network);
  if (!isIn && changes.every(({ change }) => changeNode(change).length === 0)) {
    throw new NotFoundError("registry", registry.name, `cluster "${cluster}"`);
  }
  return describe(cluster, registry, {
    network: [],
    nodes: changes,
    last: [
      ...changes.flatMap(({ before }) => forgetting(before, registry)),
      ...(isIn ? removalsOf([{ kind: "connection", name: registry.name, network }]).flat() : []),
    ],
  });
}

async function look(cli: DockerCli, name: string, cluster: string, options: CallOptions) {
  const [found, { found: [registry] }] = await settle([
    findCluster(cli, cluster, options),
    askRegistries(cli, { made: [], used: [name], images: [] }, options),
  ]);
  if (registry === undefined) throw new NotFoundError("registry", name, "the engine");
  const nodes = await settle(
    found.nodes.filter(({ role }) => role !== "loadbalancer")
      .map((node) => readNodeRegistries(cli, node, options)),
  );
  return { found, registry, nodes };
}

function describe(
  cluster: string,
  registry: FoundRegistry,
  work: Pick<Work, "network" | "nodes" | "last">,
): Work {
  const changes = work.nodes.flatMap(({ change }) => changeNode(change));
  return {
    ...work,
    ...{ registry: registry.name, cluster, names: mirroredNames(registry) },
    waiting: work.nodes.filter(({ before }) => !before.isLive && before.node.state === "running")
      .map(({ before }) => before.node.name),
    operations: [...work.network, ...changes, ...work.last],
  };
}

async function carryOut(
  cli: DockerCli,
  work: Work,
  { signal }: CallOptions,
): Promise<RegistryConnection> {
  const journal = new Journal();
  const begun: Chain[] = [];
  const before = (operation: Operation) => {
    signal?.throwIfAborted();
    journal.note(operation);
  };
  try {
    await runChains(cli, [work.network], before);
    await runChains(
      cli,
      work.nodes.map(({ change, before: { files } }) => {
        begun.push(changeNode(inverseOf(change, files)));
        return changeNode(change);
      }),
      before,
    );
    await runChains(cli, [work.last], before);
    return work;
  } catch (error) {
    await runChains(cli, begun, () => {}).catch(() => {}); // the failure that led here is the one to tell
    await journal.undo(cli);
    throw error;
  }
}

function withFile(
  change: NodeChange,
  file: { readonly path: string; readonly content: string },
): NodeChange {
  return { ...change, written: [...change.written, file] };
}

/** Has Kubernetes tell nobody of a registry that is gone; of another one it still does. */
function forgetting(
  { node: { name, state }, files }: NodeRegistries,
  registry: FoundRegistry,
): Chain {
  const manifest = files.get(HOSTING_PATH);
  const isMeant = manifest?.includes(`hostFromContainerRuntime: "${registry.name}:`);
  if (!isMeant || state !== "running") return [];
  const kubectl =
    "kubectl -n kube-public delete configmap local-registry-hosting --ignore-not-found";
  const script = `rm -f ${HOSTING_PATH}; ${kubectl} >/dev/null 2>&1 || true`;
  return [{
    act: `have "${name}" tell of registry "${registry.name}" no more`,
    args: ["exec", name, "sh", "-c", script],
  }];
}
