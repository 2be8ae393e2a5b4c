import type { NodeInfo } from "../list_clusters.ts";
import type { ClusterNode, NodeFile } from "../node.ts";
import type { ObservedCluster } from "../observe_cluster.ts";
import type { Chain, Operation, Plan } from "../operation.ts";
import { planBalancer } from "../plan_balancer.ts";
import { planJoin } from "../plan_join.ts";
import { planLeave } from "../plan_leave.ts";
import { planReplacement } from "../plan_replacement.ts";
import { firstServer } from "../list_clusters.ts";
import { bytesOf } from "./compare_nodes.ts";
import type { ClusterChanges, LabelChange, LimitChange } from "./cluster_changes.ts";

/** What changes are made with. */
export interface ChangeMaterials {
  /** The files by which nodes join. */
  readonly joinFiles: readonly NodeFile[];
  /** The files of the spec that a node has. */
  readonly filesOf: (node: ClusterNode) => readonly NodeFile[];
  /** Operations that bring images. */
  readonly pulls: readonly Operation[];
}

/**
 * Plans changes of a cluster, each of which is whole by itself: what runs is changed first, then nodes
 * are made anew one at a time, nodes join, the load balancer leads to them, and nodes leave.
 */
export function planChanges(
  cluster: ObservedCluster,
  changes: ClusterChanges,
  { joinFiles, filesOf, pulls }: ChangeMaterials,
): readonly Plan[] {
  const { add, remove, update, label, balancer, recreate } = changes;
  const server = firstServer(cluster).name;
  const chains: readonly Chain[] = [
    pulls,
    update.map(updateLimits),
    label.flatMap((change) => changeLabels(server, change)),
  ].filter(({ length }) => length > 0);
  const joined: ObservedCluster = { ...cluster, nodes: [...cluster.nodes, ...add.map(running)] };
  const balanced = balancer === undefined ? joined : withBalancer(joined, balancer);
  return [
    ...(chains.length === 0
      ? []
      : [{ cluster: cluster.name, server, steps: [{ kind: "work" as const, chains }] }]),
    ...recreate.map(({ node }) => planReplacement(cluster, node, filesOf(node))),
    ...(add.length === 0
      ? []
      : [planJoin(cluster, add, { files: joinFiles, filesOf, wait: true })]),
    ...(balancer === undefined ? [] : [planBalancer(joined, balancer)]),
    ...(remove.length === 0 ? [] : [planLeave(balanced, remove)]),
  ];
}

/** Twice the memory for memory and swap together is what docker gives a new container. */
function updateLimits({ name, memory, cpus }: LimitChange): Operation {
  return {
    act: `limit "${name}"`,
    args: [
      "update",
      ...(memory === undefined
        ? []
        : ["--memory", memory, "--memory-swap", `${2 * (bytesOf(memory) ?? 0)}b`]),
      ...(cpus === undefined ? [] : ["--cpus", cpus]),
      name,
    ],
  };
}

function changeLabels(server: string, { name, set, unset }: LabelChange): readonly Operation[] {
  const words = [...set, ...unset.map((key) => `${key}-`)];
  return [{
    act: `label "${name}"`,
    args: ["exec", server, "kubectl", "label", "node", name, "--overwrite", ...words],
  }];
}

function running(node: ClusterNode): NodeInfo {
  const { name, role, index } = node;
  return { name, role, index, state: "running", node };
}

function withBalancer(cluster: ObservedCluster, balancer: ClusterNode): ObservedCluster {
  const others = cluster.nodes.filter(({ role }) => role !== "loadbalancer");
  const isNeeded = balancer.ports.length > 0;
  return { ...cluster, nodes: isNeeded ? [...others, running(balancer)] : others };
}
