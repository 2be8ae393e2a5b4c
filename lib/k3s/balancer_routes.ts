import { API_PORT } from "./arrange_nodes.ts";
import {
  isOwnBalancer,
  OWN_WORDS,
  ownBalancerConfig,
  ROUTES_PATH,
} from "./balancer/own_balancer.ts";
import {
  BALANCER_CONFIG,
  BALANCER_WORDS,
  nginxConfig,
  parseBalancerSettings,
  type Route,
} from "./load_balancer.ts";
import type { ClusterNode, NodeFile } from "./node.ts";
import { matchesNode, parseNodeFilter } from "./node_filter.ts";
import { parsePortMappings } from "./port_mapping.ts";
import type { PortSpec } from "./spec.ts";

/** The configuration of a load balancer, for the nodes that there are. */
export function balancerFile(balancer: ClusterNode, nodes: readonly ClusterNode[]): NodeFile {
  const settings = parseBalancerSettings(balancer.balancing?.settings ?? []);
  const routes = balancerRoutes(balancer, nodes);
  if (isOwnBalancer(balancer.image)) {
    return { path: ROUTES_PATH, content: ownBalancerConfig(routes, settings) };
  }
  return { path: BALANCER_CONFIG, content: nginxConfig(routes, settings) };
}

/** What a load balancer of an image says once it listens. */
export function balancerWords(image: string): string {
  return isOwnBalancer(image) ? OWN_WORDS : BALANCER_WORDS;
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
