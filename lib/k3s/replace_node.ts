import type { ClusterNode, NodeFile } from "./node.ts";
import {
  connectNetworks,
  createNode,
  type NodeSetting,
  putFiles,
  startNode,
} from "./node_operations.ts";
import type { Chain, Creation, Operation, WorkStep } from "./operation.ts";

/** What a container is replaced by. */
export interface Replacement {
  /** The container as it is to be, under the name of the one that is there. */
  readonly node: ClusterNode;
  /** Whether the one that is there runs. */
  readonly isRunning: boolean;
  /** Files that it has before it starts. */
  readonly files: readonly NodeFile[];
  /** Directories and files that it takes over from the one that is there. */
  readonly kept: readonly string[];
}

/** What the name of a container ends in that is to take the place of a node. */
export const NEXT = "-next";

/** What the name of the container ends in whose place was taken. */
export const BEFORE = "-before";

/**
 * The work by which a container takes the place of another: name, address, published ports and
 * volumes. The other one is there, stopped, until {@linkcode replacedBy} is removed; taking the work
 * back starts it again.
 */
export function replaceNode(
  { node, isRunning, files, kept }: Replacement,
  setting: NodeSetting,
): readonly WorkStep[] {
  const { name } = node;
  const next = `${name}${NEXT}`;
  const prepare: Chain = [
    createNode(node, { ...setting, as: next }),
    ...connectNetworks(node, next),
    ...(files.length === 0 ? [] : [putFiles({ name: next }, files)]),
    ...kept.map((path) => copyBetween(name, next, path)),
  ];
  const act = `replace "${name}"`;
  const swap: Chain = [
    ...(isRunning ? [{ act, args: ["stop", name], reverts: ["start", name] }] : []),
    {
      act,
      args: ["rename", name, `${name}${BEFORE}`],
      reverts: ["rename", `${name}${BEFORE}`, name],
    },
    { act, args: ["rename", next, name], reverts: ["rm", "--force", "--volumes", name] },
    ...(isRunning ? [startNode(node)] : []),
  ];
  return [prepare, swap].map((chain) => ({ kind: "work", chains: [chain] }));
}

/** The container whose place was taken. */
export function replacedBy({ name }: Pick<ClusterNode, "name">): Creation {
  return { kind: "container", name: `${name}${BEFORE}` };
}

function copyBetween(from: string, to: string, path: string): Operation {
  const directory = path.slice(0, path.lastIndexOf("/")) || "/";
  return {
    act: `take "${path}" over from "${from}"`,
    args: ["cp", "-", `${to}:${directory}`],
    input: ["cp", `${from}:${path}`, "-"],
  };
}
