import { balancerKind } from "./balancer/balancer_kind.ts";
import { balancerFile } from "./balancer_routes.ts";
import { firstServer, type NodeInfo } from "./list_clusters.ts";
import type { ClusterNode, NodeFile } from "./node.ts";
import { createNode, type NodeSetting, putFiles, startNode } from "./node_operations.ts";
import type { Chain, Plan, WorkStep } from "./operation.ts";
import type { ObservedCluster } from "./observe_cluster.ts";
import { replacedBy, replaceNode } from "./replace_node.ts";

/**
 * Plans that a load balancer takes the place of the one that is there, if any. One that publishes
 * nothing is not needed.
 */
export function planBalancer(cluster: ObservedCluster, next: ClusterNode): Plan {
  const present = cluster.nodes.find(({ role }) => role === "loadbalancer");
  const server = firstServer(cluster).name;
  const nodes = cluster.nodes.flatMap(({ node }) => node ?? []);
  if (next.ports.length === 0) {
    const cleanup = present === undefined
      ? []
      : [{ kind: "container" as const, name: present.name }];
    return { cluster: cluster.name, server, steps: [], cleanup };
  }
  const files = [balancerFile(next, nodes)];
  const setting = { cluster: cluster.name, network: cluster.network, apiUrl: cluster.apiUrl };
  const isStopped = present !== undefined && present.state !== "running";
  const wait = isStopped
    ? []
    : [{ kind: "words" as const, node: next.name, words: balancerKind(next.image).words }];
  return {
    cluster: cluster.name,
    server,
    steps: [...workFor(present, next, { files, setting }), ...wait],
    cleanup: present === undefined ? [] : [replacedBy(present)],
  };
}

function workFor(
  present: NodeInfo | undefined,
  next: ClusterNode,
  { files, setting }: {
    readonly files: readonly NodeFile[];
    readonly setting: NodeSetting;
  },
): readonly WorkStep[] {
  if (present !== undefined) {
    const isRunning = present.state === "running";
    return replaceNode({ node: next, isRunning, files, kept: [] }, setting);
  }
  const chain: Chain = [createNode(next, setting), putFiles(next, files), startNode(next)];
  return [{ kind: "work", chains: [chain] }];
}
