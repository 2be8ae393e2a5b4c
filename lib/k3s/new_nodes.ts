import { ClusterError, SpecError } from "../errors.ts";
import { API_PORT } from "./arrange_nodes.ts";
import { assignAddresses, lastAddresses } from "./choose_subnet.ts";
import { parseKeyValue, parseRuntimeLabel } from "./key_value.ts";
import { firstServer } from "./list_clusters.ts";
import { nodeName, scopeName } from "./names.ts";
import type { ClusterNode, Ulimit } from "./node.ts";
import { parseNodeImage } from "./node_image.ts";
import { nodesOf, type ObservedCluster } from "./observe_cluster.ts";

/** What new nodes are to be; all else is as in those of their role, or the first server. */
export interface NewNodes {
  /** What they are; agents unless said. */
  readonly role?: "server" | "agent";
  /** What their names begin with, behind `davit-`; the cluster's name and their role unless said. */
  readonly name?: string;
  /** How many; 1 unless said. */
  readonly replicas?: number;
  /** The image; that of the others unless said. */
  readonly image?: string;
  /** The most memory, in docker's words. */
  readonly memory?: string;
  /** Labels of the containers: `KEY=VALUE`. */
  readonly runtimeLabels?: readonly string[];
  /** Labels of the Kubernetes nodes: `KEY=VALUE`. */
  readonly nodeLabels?: readonly string[];
  /** Arguments of k3s; those of the others unless said. */
  readonly args?: readonly string[];
  /** Limits of processes. */
  readonly ulimits?: readonly Ulimit[];
  /** Networks that they are in besides. */
  readonly networks?: readonly string[];
}

/**
 * Decides everything about the containers of new nodes: they get the next free numbers and addresses.
 *
 * @throws {SpecError} When the cluster takes no more servers.
 * @throws {ClusterError} When nobody knows how the others were made.
 */
export function arrangeNewNodes(
  cluster: ObservedCluster,
  wanted: NewNodes,
): readonly ClusterNode[] {
  const { role = "agent", replicas = 1 } = wanted;
  if (role === "server") requireSharedState(cluster);
  const present = nodesOf(cluster);
  const index = nextNumber(present.filter((node) => node.role === role).map((node) => node.index));
  const prefix = wanted.name === undefined ? undefined : `davit-${wanted.name}-`;
  const number = prefix === undefined ? index : nextNumber(
    cluster.nodes.map(({ name }) =>
      name.startsWith(prefix) ? Number(name.slice(prefix.length)) : -1
    )
      .filter(Number.isInteger),
  );
  const model = modelFor(cluster, wanted);
  const addresses = freeAddresses(cluster, replicas);
  return Array.from({ length: replicas }, (_, offset) => {
    const ip = addresses[offset];
    const name = prefix === undefined
      ? nodeName(cluster.name, role, index + offset)
      : `${prefix}${number + offset}`;
    return { ...model, ...(ip === undefined ? {} : { ip }), name, index: index + offset };
  });
}

/** Addresses that no node has, in a network in which davit gives them out. */
export function freeAddresses(cluster: ObservedCluster, count: number): readonly string[] {
  const { subnet } = cluster;
  const taken = nodesOf(cluster).flatMap(({ ip }) => ip ?? []);
  if (subnet === undefined || taken.length === 0) return [];
  const isOwn = cluster.network === scopeName(cluster.name);
  return isOwn ? assignAddresses(subnet, count, taken) : lastAddresses(subnet, count, taken);
}

function nextNumber(taken: readonly number[]): number {
  return Math.max(-1, ...taken) + 1;
}

/** SQLite, where k3s keeps the state of one server, cannot be shared. */
function requireSharedState(cluster: ObservedCluster): void {
  const servers = nodesOf(cluster).filter(({ role }) => role === "server");
  const [first] = servers;
  const isShared = servers.length > 1 || first?.command.includes("--cluster-init") ||
    first?.command.some((word) => word.startsWith("--datastore-endpoint")) ||
    first?.env.some((variable) => variable.startsWith("K3S_DATASTORE_ENDPOINT="));
  if (isShared) return;
  throw new SpecError(
    `Cannot add a server to cluster "${cluster.name}": its one server keeps the state in SQLite, which ` +
      `others cannot share; make the cluster with --servers 3, or with --k3s-arg ` +
      `"--cluster-init@server:0", which begins with etcd`,
  );
}

/** A node as those of its role are; as the first server is, where there is none. */
function modelFor(cluster: ObservedCluster, wanted: NewNodes): ClusterNode {
  const { role = "agent", image, memory, runtimeLabels, nodeLabels = [], args, ulimits, networks } =
    wanted;
  const server = firstServer(cluster);
  const alike = nodesOf(cluster).find((node) => node.role === role);
  const model = alike ?? server.node;
  if (model === undefined) {
    throw new ClusterError(
      `Cannot make a node like "${server.name}": expected to find in its label how it was made`,
      { node: server.name },
    );
  }
  const { ip: _ip, files: _files, ...rest } = model;
  const url = `K3S_URL=https://${server.name}:${API_PORT}`;
  const labels = nodeLabels.flatMap((label) => ["--node-label", parseKeyValue(label).join("=")]);
  const words = alike?.command.slice(1).filter((word) => word !== "--cluster-init") ?? [];
  return {
    ...rest,
    role,
    env: [...model.env.filter((variable) => !variable.startsWith("K3S_URL=")), url],
    ports: [],
    command: [role, ...labels, ...(args === undefined ? words : [...namesIn(words), ...args])],
    ...(image === undefined ? {} : { image: parseNodeImage(image) }),
    ...(memory === undefined ? {} : { memory }),
    ...(ulimits === undefined ? {} : { ulimits }),
    ...(networks === undefined ? {} : { networks }),
    ...(runtimeLabels === undefined
      ? {}
      : { labels: Object.fromEntries(runtimeLabels.map(parseRuntimeLabel)) }),
  };
}

/** The names for a server's certificate, which it needs whatever its arguments are. */
function namesIn(words: readonly string[]): readonly string[] {
  return words.flatMap((word, index) => word === "--tls-san" ? [word, words[index + 1] ?? ""] : []);
}
