import { API_PORT } from "./arrange_nodes.ts";
import { balancerKind } from "./balancer/balancer_kind.ts";
import { parseBalancerSettings, type Route } from "./load_balancer.ts";
import type { ClusterNode, NodeFile } from "./node.ts";
import { matchesNode, parseNodeFilter } from "./node_filter.ts";
import { parsePortMappings } from "./port_mapping.ts";
import type { PortSpec } from "./spec.ts";

/** The configuration of a load balancer, for the nodes that there are. */
export function balancerFile(balancer: ClusterNode, nodes: readonly ClusterNode[]): NodeFile {
  const settings = parseBalancerSettings(balancer.balancing?.settings ?? []);
  const { path, config } = balancerKind(balancer.image);
  return { path, content: config(balancerRoutes(balancer, nodes), settings) };
}

/** Whether the API of the cluster is reached through this node. */
export function publishesApi({ ports }: Pick<ClusterNode, "ports">): boolean {
  return ports.some((port) => port.endsWith(`:${API_PORT}/tcp`));
}

/**
 * What a load balancer passes on: the API to the servers, if it is reached through it, and its ports
 * to the nodes that they lead to. A node that is gone since is left out.
 */
export function balancerRoutes(
  balancer: ClusterNode,
  nodes: readonly ClusterNode[],
): readonly Route[] {
  const k3sNodes = nodes.filter(({ role }) => role !== "loadbalancer");
  const servers = k3sNodes.filter(({ role }) => role === "server");
  const all: readonly Route[] = [
    ...(publishesApi(balancer) ? [routeTo(servers, { port: API_PORT, protocol: "tcp" })] : []),
    ...(balancer.balancing?.ports ?? []).flatMap((spec) =>
      parsePortMappings(spec.port).map((mapping) => routeTo(targetsOf(spec, k3sNodes), mapping))
    ),
  ];
  const groups = Map.groupBy(all, ({ port, protocol }) => `${port}/${protocol}`);
  return [...groups.values()].flatMap(([first, ...more]) => {
    const targets = [...new Set([first, ...more].flatMap((route) => route?.targets ?? []))];
    return first === undefined || targets.length === 0 ? [] : [{ ...first, targets }];
  });
}

function targetsOf(
  { nodeFilters = [] }: PortSpec,
  nodes: readonly ClusterNode[],
): readonly ClusterNode[] {
  const filters = nodeFilters.map(parseNodeFilter);
  const isForAll = filters.length === 0 || filters.some(({ group }) => group === "loadbalancer");
  return isForAll ? nodes : nodes.filter((node) => filters.some((one) => matchesNode(one, node)));
}

function routeTo(
  nodes: readonly ClusterNode[],
  { port, protocol }: Pick<Route, "port" | "protocol">,
): Route {
  return { port, protocol, targets: nodes.map(({ ip, name }) => ip ?? name) };
}
