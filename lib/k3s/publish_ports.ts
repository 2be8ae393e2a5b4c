import { SpecError } from "../errors.ts";
import { type NodeFilter, type NodeIdentity, parseNodeFilter, selectNodes } from "./node_filter.ts";
import { collides, parsePortMappings, type PortMapping } from "./port_mapping.ts";
import type { PortSpec } from "./spec.ts";

/** How the ports of a cluster are published. */
export interface Published {
  /** By a node itself: there is only one that the port leads to. */
  readonly direct: readonly { readonly node: NodeIdentity; readonly mapping: PortMapping }[];
  /** By the load balancer. */
  readonly routes: readonly BalancedPort[];
}

/** A port of the load balancer. */
export interface BalancedPort {
  /** The port of the host, and of the nodes. */
  readonly mapping: PortMapping;
  /** The nodes it leads to. */
  readonly targets: readonly NodeIdentity[];
}

/**
 * Decides who publishes each port. Without a filter, and with `loadbalancer`, it leads to all nodes.
 *
 * @param nodes The servers and agents.
 * @throws {SyntaxError} For a port or filter that means nothing.
 * @throws {SpecError} When two want the same port of the host, or several nodes the same `direct`.
 */
export function publishPorts(
  specs: readonly PortSpec[],
  nodes: readonly NodeIdentity[],
): Published {
  const direct: { node: NodeIdentity; mapping: PortMapping }[] = [];
  const routes: BalancedPort[] = [];
  const seen: { mapping: PortMapping; port: string }[] = [];
  for (const { port, nodeFilters = [] } of specs) {
    const filters = nodeFilters.map(parseNodeFilter);
    const targets = targetsOf(nodes, filters);
    const [only] = targets;
    const isDirect = filters.some(({ suffix }) => suffix === "direct");
    if (isDirect && targets.length !== 1) {
      throw new SpecError(
        `Cannot publish port "${port}" directly: expected one node, got ${targets.length}`,
      );
    }
    for (const mapping of parsePortMappings(port)) {
      const other = seen.find((earlier) => collides(earlier.mapping, mapping));
      if (other !== undefined) {
        throw new SpecError(
          `Cannot publish port "${port}": the host's port ${mapping.hostPort} is taken by "${other.port}"`,
        );
      }
      seen.push({ mapping, port });
      if (targets.length === 1 && only !== undefined) direct.push({ node: only, mapping });
      else routes.push({ mapping, targets });
    }
  }
  return { direct, routes };
}

function targetsOf(
  nodes: readonly NodeIdentity[],
  filters: readonly NodeFilter[],
): readonly NodeIdentity[] {
  const isForAll = filters.length === 0 || filters.some(({ group }) => group === "loadbalancer");
  return isForAll ? nodes : selectNodes(nodes, filters);
}
