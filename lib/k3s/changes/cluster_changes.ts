import type { NodeInfo } from "../list_clusters.ts";
import type { ClusterNode } from "../node.ts";

/** What makes a cluster what a spec says. */
export interface ClusterChanges {
  /** Nodes that are missing. */
  readonly add: readonly ClusterNode[];
  /** Nodes that are too many. */
  readonly remove: readonly NodeInfo[];
  /** Limits that the engine changes while a node runs. */
  readonly update: readonly LimitChange[];
  /** Labels that Kubernetes changes while a node runs. */
  readonly label: readonly LabelChange[];
  /** The load balancer as it is to be, when it is to be another one; without ports, that it goes. */
  readonly balancer?: ClusterNode;
  /** Nodes that must be made anew, with their volumes and addresses. */
  readonly recreate: readonly Recreation[];
  /** What only another cluster can be. */
  readonly refuse: readonly string[];
}

/** Limits of a node. */
export interface LimitChange {
  /** The node. */
  readonly name: string;
  /** The most memory, in docker's words. */
  readonly memory?: string;
  /** The most processors. */
  readonly cpus?: string;
}

/** Labels of a Kubernetes node. */
export interface LabelChange {
  /** The node. */
  readonly name: string;
  /** Labels to set: `zone=b`. */
  readonly set: readonly string[];
  /** Keys of labels to take away. */
  readonly unset: readonly string[];
}

/** A node that must be made anew. */
export interface Recreation {
  /** The node as it is to be. */
  readonly node: ClusterNode;
  /** Why: `its image: "a" to "b"`. */
  readonly reasons: readonly string[];
}

/** Whether a cluster is what the spec says. */
export function isUnchanged(changes: ClusterChanges): boolean {
  return describeChanges(changes).length === 0;
}

/** Says what is to be done, a line each. */
export function describeChanges(changes: ClusterChanges): readonly string[] {
  const { add, remove, update, label, balancer, recreate, refuse } = changes;
  return [
    ...refuse.map((reason) => `cannot change ${reason}`),
    ...update.map(({ name, memory, cpus }) =>
      `limit ${name}: ${
        [
          ...(memory === undefined ? [] : [`memory ${memory}`]),
          ...(cpus === undefined ? [] : [`processors ${cpus}`]),
        ].join(", ")
      }`
    ),
    ...label.map(({ name, set, unset }) =>
      `label ${name}: ${[...set, ...unset.map((key) => `${key}-`)].join(" ")}`
    ),
    ...recreate.map(({ node, reasons }) => `recreate ${node.name}: ${reasons.join("; ")}`),
    ...add.map(({ name }) => `add ${name}`),
    ...(balancer === undefined ? [] : [describeBalancer(balancer)]),
    ...remove.map(({ name }) => `remove ${name}`),
  ];
}

function describeBalancer({ name, ports }: ClusterNode): string {
  return ports.length === 0 ? `remove ${name}` : `replace ${name}: ports ${ports.join(" ")}`;
}
