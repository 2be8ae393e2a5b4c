import { NotFoundError, SpecError } from "../errors.ts";
import { publishesApi } from "./balancer_routes.ts";
import { BALANCER_IMAGE } from "./load_balancer.ts";
import { nodeName } from "./names.ts";
import type { ClusterNode } from "./node.ts";
import { parseNodeFilter } from "./node_filter.ts";
import { collides, formatPublished, parsePortMappings } from "./port_mapping.ts";
import { publishPorts } from "./publish_ports.ts";
import type { PortSpec } from "./spec.ts";

/** Ports that a cluster is to publish besides, and to publish no more. */
export interface PortChanges {
  /** Ports to add, with the nodes that they lead to. */
  readonly add?: readonly PortSpec[];
  /** Ports to take away. */
  readonly remove?: readonly PortSpec[];
}

/**
 * The ports of a load balancer after a change, the others in their order.
 *
 * @param ports Those it has.
 * @throws {NotFoundError} When one to take away is not there.
 */
export function changePorts(
  ports: readonly PortSpec[],
  { add = [], remove = [] }: PortChanges,
): readonly PortSpec[] {
  for (const port of remove) {
    if (ports.some((present) => isMeant(port, present))) continue;
    const found = ports.map(formatPort).join(", ") || "none";
    throw new NotFoundError("port", formatPort(port), `those of the load balancer: ${found}`);
  }
  return [...ports.filter((present) => !remove.some((port) => isMeant(port, present))), ...add];
}

/**
 * The load balancer of a cluster that publishes some ports.
 *
 * @param nodes All nodes, the load balancer among them if there is one.
 * @param image Its image, where there is none yet.
 * @throws {SyntaxError} For a port or filter that means nothing.
 * @throws {SpecError} When two want the same port of the host, or one is to be published directly.
 */
export function withPorts(
  cluster: string,
  nodes: readonly ClusterNode[],
  { ports, image = BALANCER_IMAGE }: { readonly ports: readonly PortSpec[]; image?: string },
): ClusterNode {
  const others = nodes.filter(({ role }) => role !== "loadbalancer");
  const present = nodes.find(({ role }) => role === "loadbalancer") ??
    emptyBalancer(cluster, image);
  for (const port of ports) refuseDirect(port);
  publishPorts(ports, others);
  const api = present.ports.filter((port) => publishesApi({ ports: [port] }));
  const mappings = ports.flatMap(({ port }) => parsePortMappings(port));
  const taken = [...api, ...others.flatMap((node) => node.ports)];
  for (const mapping of mappings) {
    const other = taken.find((port) =>
      parsePortMappings(port).some((earlier) => collides(earlier, mapping))
    );
    if (other === undefined) continue;
    throw new SpecError(
      `Cannot publish port "${
        formatPublished(mapping)
      }": the host's port is taken by "${other}" of ` +
        `cluster "${cluster}"`,
    );
  }
  return {
    ...present,
    ports: [...api, ...mappings.map(formatPublished)],
    balancing: { settings: [], ...present.balancing, ports },
  };
}

/** Writes a port with its filters, as a flag has it. */
export function formatPort({ port, nodeFilters = [] }: PortSpec): string {
  return nodeFilters.length === 0 ? port : `${port}@${nodeFilters.join(";")}`;
}

/** Whether a port that a user names is this one; without filters, whatever it leads to. */
function isMeant(named: PortSpec, present: PortSpec): boolean {
  const [wanted, found] = [named, present].map(({ port }) => parsePortMappings(port));
  const isSame = wanted?.length === found?.length && wanted?.every((mapping, index) => {
    const other = found?.[index];
    return mapping.port === other?.port && mapping.protocol === other.protocol &&
      mapping.hostIp === other.hostIp &&
      (mapping.hostPort === undefined || mapping.hostPort === other.hostPort);
  });
  const { nodeFilters = [] } = named;
  return isSame === true &&
    (nodeFilters.length === 0 ||
      formatPort({ ...named, port: "" }) === formatPort({ ...present, port: "" }));
}

function refuseDirect(spec: PortSpec): void {
  const isDirect = spec.nodeFilters?.some((text) => parseNodeFilter(text).suffix === "direct");
  if (!isDirect) return;
  throw new SpecError(
    `Cannot publish port "${formatPort(spec)}" of a node that runs: expected a port of the load ` +
      `balancer, such as "${spec.port}@${spec.nodeFilters?.join(";").replaceAll(":direct", "")}"`,
  );
}

function emptyBalancer(cluster: string, image: string): ClusterNode {
  return {
    name: nodeName(cluster, "loadbalancer", 0),
    role: "loadbalancer",
    index: 0,
    image,
    command: [],
    env: [],
    labels: {},
    volumes: [],
    ports: [],
    ulimits: [],
    extraHosts: [],
  };
}
