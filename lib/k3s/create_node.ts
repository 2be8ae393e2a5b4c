import { DockerCli } from "../docker/cli.ts";
import { ClusterError } from "../errors.ts";
import { applyPlan } from "./apply_plan.ts";
import { TOKEN_PATH } from "./arrange_nodes.ts";
import { assignAddresses } from "./choose_subnet.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import { findNetwork } from "./find_network.ts";
import { parseKeyValue, parseRuntimeLabel } from "./key_value.ts";
import { type ClusterInfo, findCluster, firstServer, type NodeInfo } from "./list_clusters.ts";
import { nodeName } from "./names.ts";
import type { ClusterNode, Ulimit } from "./node.ts";
import { createNode, putFiles, startNode } from "./node_operations.ts";
import type { Chain, WaitStep } from "./operation.ts";
import { readRegistriesFile } from "./registries/node_registries.ts";
import { reloadBalancer } from "./reload_balancer.ts";
import { settle } from "./settle.ts";
import { READY_TIMEOUT_MS } from "./start_cluster.ts";

/** What new agents are to be; all else is as in the agents that are there, or the first server. */
export interface NewAgents {
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
  /** Arguments of k3s; those of the other agents unless said. */
  readonly args?: readonly string[];
  /** Limits of processes. */
  readonly ulimits?: readonly Ulimit[];
}

/** Options of {@linkcode createAgents}. */
export interface CreateAgentsOptions extends ClusterCallOptions {
  /** Whether to wait until they are Ready; true unless said. */
  readonly wait?: boolean;
  /** How long, in milliseconds; 5 minutes unless said. */
  readonly timeoutMs?: number;
}

/**
 * Adds agents to a cluster that runs. What fails leaves nothing of them behind.
 *
 * @returns Their names.
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {ClusterError} When its first server does not run, or an agent is not Ready in time.
 * @throws {DockerError} When Docker fails.
 */
export async function createAgents(
  name: string,
  wanted: NewAgents = {},
  options: CreateAgentsOptions = {},
): Promise<readonly string[]> {
  const { wait = true, timeoutMs = READY_TIMEOUT_MS } = options;
  const cli = new DockerCli({ ...options.docker, detached: true });
  const act = `add agents to cluster "${name}"`;
  const cluster = await findCluster(cli, name, options);
  const server = firstServer(cluster);
  if (server.state !== "running") {
    throw new ClusterError(
      `Cannot ${act}: expected it to run, got ${server.state}; start it by "davit cluster start ${name}"`,
    );
  }
  const [token, registries, time, network] = await settle([
    cli.run(["exec", server.name, "cat", TOKEN_PATH], { ...options, act }),
    readRegistriesFile(cli, server.name, options),
    cli.run(["info", "--format", "{{.SystemTime}}"], { ...options, act }),
    findNetwork(cli, server.name, act),
  ]);
  const nodes = arrangeAgents(cluster, wanted, network.subnet);
  const setting = { cluster: name, network: network.name, apiUrl: cluster.apiUrl };
  const chains = nodes.map((node): Chain => [
    createNode(node, setting),
    putFiles(node, [{ path: TOKEN_PATH, content: token, mode: 0o600 }, ...registries]),
    startNode(node),
  ]);
  const names = nodes.map((node) => node.name);
  const waiting: readonly WaitStep[] = wait ? [{ kind: "wait", level: "nodes", nodes: names }] : [];
  const all = [...cluster.nodes.flatMap(({ node }) => node ?? []), ...nodes];
  const reload = reloadBalancer(cluster, all);
  const steps = [
    { kind: "work" as const, chains },
    ...waiting,
    ...(reload.length === 0 ? [] : [{ kind: "work" as const, chains: [reload] }]),
  ];
  await applyPlan(cli, { cluster: name, server: server.name, steps }, {
    ...options,
    since: time.trim(),
    timeoutMs,
  });
  return names;
}

function arrangeAgents(
  cluster: ClusterInfo,
  wanted: NewAgents,
  subnet: string | undefined,
): readonly ClusterNode[] {
  const { replicas = 1 } = wanted;
  const agents = cluster.nodes.filter(({ role }) => role === "agent");
  const next = Math.max(-1, ...agents.map(({ index }) => index)) + 1;
  const taken = cluster.nodes.flatMap(({ node }) => node?.ip ?? []);
  const addresses = subnet === undefined || taken.length === 0
    ? []
    : assignAddresses(subnet, replicas, taken);
  return Array.from({ length: replicas }, (_, offset) => {
    const index = next + offset;
    const { ip: _ip, ...node } = agentLike(cluster, agents[0], wanted);
    const ip = addresses[offset];
    const name = nodeName(cluster.name, "agent", index);
    return { ...node, ...(ip === undefined ? {} : { ip }), name, index };
  });
}

/** A node as the agents are; as the first server is, where there is none. */
function agentLike(
  cluster: ClusterInfo,
  agent: NodeInfo | undefined,
  { image, memory, runtimeLabels, nodeLabels = [], args, ulimits }: NewAgents,
): ClusterNode {
  const server = firstServer(cluster);
  const model = agent?.node ?? server.node;
  if (model === undefined) {
    throw new ClusterError(
      `Cannot make an agent like "${server.name}": expected to find in its label how it was made`,
    );
  }
  const url = `K3S_URL=https://${server.name}:6443`;
  const env = model.env.filter((variable) => !variable.startsWith("K3S_URL="));
  const labels = nodeLabels.flatMap((label) => ["--node-label", parseKeyValue(label).join("=")]);
  return {
    ...model,
    role: "agent",
    env: [...env, url],
    ports: [],
    command: ["agent", ...labels, ...args ?? agent?.node?.command.slice(1) ?? []],
    ...(image === undefined ? {} : { image }),
    ...(memory === undefined ? {} : { memory }),
    ...(ulimits === undefined ? {} : { ulimits }),
    ...(runtimeLabels === undefined
      ? {}
      : { labels: Object.fromEntries(runtimeLabels.map(parseRuntimeLabel)) }),
  };
}
