import type { ClusterNode } from "./node.ts";

/** What a filter selects nodes by. */
export type NodeIdentity = Pick<ClusterNode, "role" | "index">;

/** Nodes of a cluster, in k3d's words: `server:0`, `agent:1-`, `loadbalancer`, `all`. */
export interface NodeFilter {
  /** The filter as it was written. */
  readonly text: string;
  /** The nodes it is about. */
  readonly group: "server" | "agent" | "loadbalancer" | "all";
  /** Index ranges, both ends included; all nodes of the group when absent. */
  readonly ranges?: readonly (readonly [first: number, last: number])[];
  /** How a port reaches the nodes: through the load balancer, or published by a node itself. */
  readonly suffix?: "proxy" | "direct";
}

const FORMS = 'expected "server:0", "agent:*", "agent:0,2", "agent:1-3", "loadbalancer" or "all"';

/**
 * Turns text into a filter: `GROUP[:SUBSET][:SUFFIX]`.
 *
 * @throws {SyntaxError} For an unknown group or suffix, a subset that is missing or reversed.
 * @example
 * ```ts
 * import { parseNodeFilter } from "@davit/davit/k3s";
 *
 * console.assert(parseNodeFilter("agents:0-1").group === "agent");
 * ```
 */
export function parseNodeFilter(text: string): NodeFilter {
  const [name = "", ...rest] = text.split(":");
  const group = name.replace(/^(server|agent)s$/, "$1");
  if (group === "all" || group === "loadbalancer") {
    return { text, group, ...suffixOf(text, rest[0] === "*" ? rest.slice(1) : rest) };
  }
  if (group !== "server" && group !== "agent") throw refusal(text, FORMS);
  const [subset, ...suffix] = rest;
  if (subset === undefined || subset === "") {
    throw refusal(text, `expected which of them: "${name}:*" for all, "${name}:0" for the first`);
  }
  if (subset === "*") return { text, group, ...suffixOf(text, suffix) };
  const ranges = subset.split(",").map((part) => parseRange(text, part));
  return { text, group, ranges, ...suffixOf(text, suffix) };
}

/**
 * The nodes that one of the filters selects, in the order of the nodes.
 *
 * @throws {SyntaxError} When a filter selects none.
 */
export function selectNodes<T extends NodeIdentity>(
  nodes: readonly T[],
  filters: readonly NodeFilter[],
): readonly T[] {
  for (const filter of filters) checkRange(nodes, filter);
  return nodes.filter((node) => filters.some((filter) => matchesNode(filter, node)));
}

/** Whether a filter selects a node. */
export function matchesNode({ group, ranges }: NodeFilter, { role, index }: NodeIdentity): boolean {
  if (group !== "all" && group !== role) return false;
  return ranges === undefined || ranges.some(([first, last]) => first <= index && index <= last);
}

function checkRange(nodes: readonly NodeIdentity[], { text, group, ranges = [] }: NodeFilter) {
  const indices = nodes.filter(({ role }) => group === "all" || role === group)
    .map(({ index }) => index);
  const count = Math.max(-1, ...indices) + 1;
  if (group === "loadbalancer" && count === 0) {
    throw refusal(text, "expected a cluster with a load balancer");
  }
  for (const [first, last] of ranges) {
    const index = last === Infinity ? first : last;
    if (index >= count) throw refusal(text, `expected an index below ${count}, got ${index}`);
  }
}

function parseRange(text: string, part: string): readonly [number, number] {
  const [, first = "", dash, last = ""] = /^(\d*)(-?)(\d*)$/.exec(part) ?? [];
  if (dash === undefined || part === "" || part === "-") throw refusal(text, FORMS);
  if (dash === "") return [Number(first), Number(first)];
  const range = [Number(first || 0), last === "" ? Infinity : Number(last)] as const;
  if (range[0] > range[1]) throw refusal(text, `expected a range that goes up, got "${part}"`);
  return range;
}

function suffixOf(text: string, rest: readonly string[]): Pick<NodeFilter, "suffix"> {
  const [suffix, ...more] = rest;
  if (suffix === undefined) return {};
  if (more.length > 0 || (suffix !== "proxy" && suffix !== "direct")) {
    throw refusal(
      text,
      `expected "proxy", "direct" or nothing at its end, got "${rest.join(":")}"`,
    );
  }
  return { suffix };
}

function refusal(text: string, expected: string): SyntaxError {
  return new SyntaxError(`Cannot use node filter "${text}": ${expected}`);
}
