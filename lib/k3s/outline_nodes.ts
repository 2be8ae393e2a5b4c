import { SpecError } from "../errors.ts";
import type { NodeIdentity } from "./node_filter.ts";
import { publishPorts } from "./publish_ports.ts";
import type { ClusterSpec } from "./spec.ts";

/**
 * The containers that a spec asks for: servers, agents, and a load balancer where one is needed: for
 * several servers, and for ports that lead to several nodes.
 *
 * @throws {SpecError} For counts that make no cluster, and ports that need a load balancer where
 * there must be none.
 */
export function outlineNodes(spec: ClusterSpec): readonly NodeIdentity[] {
  const { servers = 1, agents = 0, ports = [], options = {} } = spec;
  if (servers < 1) throw new SpecError(`Cannot make a cluster: expected servers, got ${servers}`);
  const nodes = [...identities("server", servers), ...identities("agent", agents)];
  const [route] = publishPorts(ports, nodes).routes;
  if (options.k3d?.disableLoadbalancer === true) {
    if (route === undefined) return nodes;
    throw new SpecError(
      `Cannot publish port ${route.mapping.port} without a load balancer: expected a filter for ` +
        `one node, such as "server:0:direct"`,
    );
  }
  if (servers === 1 && route === undefined) return nodes;
  return [...nodes, { role: "loadbalancer", index: 0 }];
}

function identities(role: NodeIdentity["role"], count: number): NodeIdentity[] {
  return Array.from({ length: count }, (_, index) => ({ role, index }));
}
