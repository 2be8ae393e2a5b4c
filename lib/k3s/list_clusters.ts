import type { CallOptions } from "../layer/content_source.ts";
import { DockerCli } from "../docker/cli.ts";
import { ClusterError, NotFoundError } from "../errors.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import { LABEL } from "./names.ts";
import type { ClusterNode, NodeRole } from "./node.ts";

/** A cluster of the engine. */
export interface ClusterInfo {
  /** Its name. */
  readonly name: string;
  /** Where its API is reached. */
  readonly apiUrl: string;
  /** Its nodes: servers, agents, then the load balancer. */
  readonly nodes: readonly NodeInfo[];
  /** Other containers of nodes whose replacement is under way, or was broken off. */
  readonly leftovers: readonly NodeInfo[];
}

/** A node of a cluster. */
export interface NodeInfo extends Pick<ClusterNode, "name" | "role" | "index"> {
  /** What the engine says of its container: `running`, `exited`. */
  readonly state: string;
  /** How it was made; `undefined` when its label cannot be read. */
  readonly node: ClusterNode | undefined;
}

const ROLES: readonly NodeRole[] = ["server", "agent", "loadbalancer"];

/** One line of `docker ps`: JSON, whose strings the engine's template quotes. */
const FORMAT = `[${
  [
    "{{json .Names}}",
    "{{json .State}}",
    ...[LABEL.cluster, LABEL.role, LABEL.api, LABEL.node].map((label) =>
      `{{json (.Label "${label}")}}`
    ),
  ].join(",")
}]`;

/**
 * Lists the clusters of an engine, by their names.
 *
 * @throws {DockerError} When Docker fails.
 */
export async function listClusters(
  options: ClusterCallOptions = {},
): Promise<readonly ClusterInfo[]> {
  return await listWith(new DockerCli({ ...options.docker, detached: true }), undefined, options);
}

/**
 * Finds one cluster.
 *
 * @throws {NotFoundError} When there is none of that name.
 * @throws {ClusterError} When a node of it is being replaced and is under another name.
 * @throws {DockerError} When Docker fails.
 */
export async function findCluster(
  cli: DockerCli,
  name: string,
  options: CallOptions = {},
): Promise<ClusterInfo> {
  const cluster = await findUnsettled(cli, name, options);
  refuseLeftovers(cluster, cluster.nodes);
  return cluster;
}

/** As {@linkcode findCluster}, whatever became of replacements of nodes. */
export async function findUnsettled(
  cli: DockerCli,
  name: string,
  options: CallOptions = {},
): Promise<ClusterInfo> {
  const [cluster] = await listWith(cli, name, options);
  if (cluster === undefined) throw new NotFoundError("cluster", name);
  return cluster;
}

/** @throws {ClusterError} When one of the containers is not under the name of its node. */
export function refuseLeftovers(
  { name }: Pick<ClusterInfo, "name">,
  containers: readonly NodeInfo[],
): void {
  const node = containers.find(isDisplaced)?.node?.name;
  if (node === undefined) return;
  throw new ClusterError(
    `Cannot use cluster "${name}": "${node}" is being replaced, or that was broken off; unless it ` +
      `is under way, put it right by "davit cluster start ${name}"`,
    { node },
  );
}

function isDisplaced({ name, node }: NodeInfo): boolean {
  return node !== undefined && node.name !== name;
}

/**
 * The first server of a cluster, through which all others join.
 *
 * @throws {ClusterError} When there is none.
 */
export function firstServer({ name, nodes }: ClusterInfo): NodeInfo {
  const server = nodes.find(({ role, index }) => role === "server" && index === 0);
  if (server !== undefined) return server;
  throw new ClusterError(
    `Cannot use cluster "${name}": expected server 0, through which the others join, got none; ` +
      "delete the cluster and make it anew",
  );
}

async function listWith(
  cli: DockerCli,
  name: string | undefined,
  options: CallOptions,
): Promise<readonly ClusterInfo[]> {
  const filter = `label=${LABEL.cluster}${name === undefined ? "" : `=${name}`}`;
  const output = await cli.run(
    ["ps", "--all", "--filter", filter, "--format", FORMAT],
    { ...options, act: name === undefined ? "list clusters" : `find cluster "${name}"` },
  );
  const nodes = output.split("\n").filter((line) => line !== "").map(parseLine);
  const groups = Map.groupBy(nodes, ({ cluster }) => cluster);
  return [...groups].sort(([left], [right]) => left < right ? -1 : 1).map(([cluster, members]) => {
    const containers = members.map(({ info }) => info).sort(compareNodes);
    const byNode = Map.groupBy(containers, ({ name, node }) => node?.name ?? name);
    return {
      name: cluster,
      apiUrl: members.find(({ apiUrl }) => apiUrl !== "")?.apiUrl ?? "",
      nodes: [...byNode.values()].flatMap((some) => some.slice(0, 1)),
      leftovers: [...byNode.values()].flatMap((some) => some.slice(1)),
    };
  });
}

function parseLine(line: string): { cluster: string; apiUrl: string; info: NodeInfo } {
  const [name = "", state = "", cluster = "", role = "", apiUrl = "", json = ""] = JSON.parse(line);
  const node = parseNodeLabel(json);
  return { cluster, apiUrl, info: { name, role, index: node?.index ?? 0, state, node } };
}

/** How a node was made, as its label says; `undefined` when that cannot be read. */
export function parseNodeLabel(json: string): ClusterNode | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Of the containers of one node, that under its name comes first, then that which was before. */
function compareNodes(left: NodeInfo, right: NodeInfo): number {
  return ROLES.indexOf(left.role) - ROLES.indexOf(right.role) || left.index - right.index ||
    Number(isDisplaced(left)) - Number(isDisplaced(right)) || (left.name < right.name ? -1 : 1);
}
