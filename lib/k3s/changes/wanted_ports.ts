import { publishesApi } from "../balancer_routes.ts";
import { withPorts } from "../change_ports.ts";
import type { ClusterNode } from "../node.ts";
import { parseNodeFilter } from "../node_filter.ts";
import { formatPublished, parsePortMappings, type PortMapping } from "../port_mapping.ts";
import { publishPorts } from "../publish_ports.ts";
import type { PortSpec } from "../spec.ts";

/** Who publishes the ports of a cluster that is there. */
export interface WantedPorts {
  /** What nodes publish themselves, by their names. */
  readonly direct: ReadonlyMap<string, readonly string[]>;
  /** What the load balancer publishes. */
  readonly balanced: readonly PortSpec[];
}

/**
 * Decides who publishes each port of a cluster that is there: a node that does so goes on; all else
 * is the load balancer's, which alone can be replaced without harm, unless a filter says `direct`.
 *
 * @param nodes Servers and agents: as they are, or are to be made.
 * @param balancer The load balancer that is there.
 * @throws {SyntaxError} For a port or filter that means nothing.
 * @throws {SpecError} When two want the same port of the host, or several nodes the same `direct`.
 */
export function wantedPorts(
  specs: readonly PortSpec[],
  nodes: readonly ClusterNode[],
  balancer: ClusterNode | undefined,
): WantedPorts {
  publishPorts(specs, nodes);
  const direct = new Map<string, string[]>();
  const balanced: PortSpec[] = [];
  for (const spec of specs) {
    const published = publishPorts([spec], nodes).direct.map(({ node, mapping }) => {
      const found = nodes.find(({ role, index }) => role === node.role && index === node.index);
      return { name: found?.name ?? "", port: portOf(mapping, found?.ports ?? []) };
    });
    const isSaid = spec.nodeFilters?.some((text) => parseNodeFilter(text).suffix === "direct");
    const isThere = published.length > 0 && published.every(({ port }) => port !== undefined);
    if (isThere || isSaid) {
      const mappings = parsePortMappings(spec.port);
      for (const [at, { name, port }] of published.entries()) {
        const own = direct.get(name) ?? [];
        const mapping = mappings[at];
        direct.set(name, [...own, port ?? (mapping === undefined ? "" : formatPublished(mapping))]);
      }
    } else balanced.push(adopt(spec, balancer?.balancing?.ports ?? []));
  }
  return { direct, balanced };
}

/**
 * The load balancer of a cluster as it is to be, when it is to be another one.
 *
 * @param nodes All nodes as they are to be, with the load balancer that is there.
 * @param wanted What it is to publish, and what is said of it besides.
 */
export function wantedBalancer(
  cluster: string,
  nodes: readonly ClusterNode[],
  wanted: {
    readonly ports: readonly PortSpec[];
    readonly image?: string;
    settings: readonly string[];
  },
): ClusterNode | undefined {
  const present = nodes.find(({ role }) => role === "loadbalancer");
  if (present === undefined && wanted.ports.length === 0) return undefined;
  const { image = present?.image } = wanted;
  const made = withPorts(cluster, nodes, {
    ports: wanted.ports,
    ...(image === undefined ? {} : { image }),
  });
  const next: ClusterNode = {
    ...made,
    ...(image === undefined ? {} : { image }),
    balancing: { ports: wanted.ports, settings: wanted.settings },
  };
  return present !== undefined && identityOf(present) === identityOf(next) ? undefined : next;
}

/** The ports by which the API is published. */
export function apiPorts({ ports }: Pick<ClusterNode, "ports">): readonly string[] {
  return ports.filter((port) => publishesApi({ ports: [port] }));
}

function identityOf({ image, ports, balancing }: ClusterNode): string {
  const routes = (balancing?.ports ?? []).flatMap((spec) =>
    parsePortMappings(spec.port).map((mapping) => `${formatPublished(mapping)} ${filtersOf(spec)}`)
  ).sort();
  return JSON.stringify([image, [...ports].sort(), routes, balancing?.settings ?? []]);
}

/** The port of those that a node publishes that a mapping asks for: any of the host's, if it says none. */
function portOf(mapping: PortMapping, ports: readonly string[]): string | undefined {
  return ports.find((port) => port === formatPublished(mapping) || isChoiceFor(mapping, port));
}

function isChoiceFor(wanted: PortMapping, port: string): boolean {
  const [published] = parsePortMappings(port);
  return wanted.hostPort === undefined && wanted.port === published?.port &&
    wanted.protocol === published.protocol && wanted.hostIp === published.hostIp;
}

/** A port of which the engine chose the host's, as it is published now. */
function adopt(spec: PortSpec, present: readonly PortSpec[]): PortSpec {
  const mappings = parsePortMappings(spec.port);
  const [mapping] = mappings;
  const known = present.find((other) =>
    filtersOf(other) === filtersOf(spec) && mapping !== undefined &&
    isChoiceFor(mapping, other.port)
  );
  return mappings.length === 1 && known !== undefined ? known : spec;
}

function filtersOf({ nodeFilters = [] }: PortSpec): string {
  return nodeFilters.join(";");
}
