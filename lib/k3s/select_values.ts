import { SpecError } from "../errors.ts";
import { type NodeIdentity, parseNodeFilter, selectNodes } from "./node_filter.ts";
import type { FilteredSpec } from "./spec.ts";

/** Chooses, among values with node filters, those for one node. */
export class ValueSelector {
  readonly #nodes: readonly NodeIdentity[];

  /** @param nodes All nodes of the cluster. */
  constructor(nodes: readonly NodeIdentity[]) {
    this.#nodes = nodes;
  }

  /**
   * The values for a node, in their order. Without a filter a value is for every server and agent.
   *
   * @throws {SyntaxError} For a filter that means nothing.
   */
  select<T extends FilteredSpec>(
    values: readonly T[] | undefined,
    node: NodeIdentity,
  ): readonly T[] {
    return (values ?? []).filter(({ nodeFilters = [] }) => {
      if (nodeFilters.length === 0) return node.role !== "loadbalancer";
      return selectNodes(this.#nodes, nodeFilters.map(parseNodeFilter)).includes(node);
    });
  }

  /**
   * The values for a node, of a kind that is rarely meant for all: with several nodes it must be said.
   *
   * @param what What the value is, for messages: `--k3s-arg "--disable=traefik"`.
   * @throws {SpecError} When it is not said.
   * @throws {SyntaxError} For a filter that means nothing.
   */
  selectSaid<T extends FilteredSpec>(
    values: readonly T[] | undefined,
    node: NodeIdentity,
    what: (value: T) => string,
  ): readonly T[] {
    const silent = values?.find(({ nodeFilters = [] }) => nodeFilters.length === 0);
    const count = this.#nodes.filter(({ role }) => role !== "loadbalancer").length;
    if (silent !== undefined && count > 1) {
      throw new SpecError(
        `Cannot tell which nodes ${
          what(silent)
        } is for: expected a filter, such as "@server:*" or ` +
          `"@agent:0"`,
      );
    }
    return this.select(values, node);
  }
}
