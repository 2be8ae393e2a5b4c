import { firstServer } from "./list_clusters.ts";
import type { ClusterNode, NodeFile } from "./node.ts";
import { connectNetworks, createNode, putFiles, startNode } from "./node_operations.ts";
import { nodesOf, type ObservedCluster } from "./observe_cluster.ts";
import type { Chain, Operation, Plan, PlanStep } from "./operation.ts";
import { reloadBalancer } from "./reload_balancer.ts";

/** What new nodes join by. */
export interface JoinOptions {
  /** The files that each of them has before it starts: its secret among them. */
  readonly files: readonly NodeFile[];
  /** Files of one node's own. */
  readonly filesOf?: (node: ClusterNode) => readonly NodeFile[];
  /** Operations before all others. */
  readonly pulls?: readonly Operation[];
  /** Whether to wait until they are Ready; servers wait for each other in any case. */
  readonly wait: boolean;
}

/**
 * Plans that nodes join a cluster that runs: servers one by one, as etcd wants it, agents at the same
 * time. Then the load balancer leads to them, too.
 */
export function planJoin(
  cluster: ObservedCluster,
  nodes: readonly ClusterNode[],
  { files, filesOf, pulls = [], wait }: JoinOptions,
): Plan {
  const setting = { cluster: cluster.name, network: cluster.network, apiUrl: cluster.apiUrl };
  const join = (node: ClusterNode): Chain => [
    createNode(node, setting),
    ...connectNetworks(node),
    putFiles(node, [...files, ...filesOf?.(node) ?? []]),
    startNode(node),
  ];
  const servers = nodes.filter(({ role }) => role === "server");
  const agents = nodes.filter(({ role }) => role === "agent");
  const all = [...nodesOf(cluster), ...nodes];
  return {
    cluster: cluster.name,
    server: firstServer(cluster).name,
    steps: [
      ...work([pulls]),
      ...servers.flatMap((server, index) => [
        ...work([join(server)]),
        ...(wait || index < servers.length - 1 || agents.length > 0 ? [ready([server])] : []),
      ]),
      ...work(agents.map(join)),
      ...(wait && agents.length > 0 ? [ready(agents)] : []),
      ...work([reloadBalancer(cluster, all)]),
    ],
  };
}

function work(chains: readonly Chain[]): readonly PlanStep[] {
  const busy = chains.filter(({ length }) => length > 0);
  return busy.length === 0 ? [] : [{ kind: "work", chains: busy }];
}

function ready(nodes: readonly ClusterNode[]): PlanStep {
  return { kind: "wait", level: "nodes", nodes: nodes.map(({ name }) => name) };
}
