import type { DockerCli } from "../docker/cli.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { ClusterInfo, NodeInfo } from "./list_clusters.ts";
import { formatPublished, parsePortMappings } from "./port_mapping.ts";
import type { PortSpec } from "./spec.ts";

/** What the engine tells of a container's ports: `80/tcp` and where the host listens for it. */
type Bindings = Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>;

/**
 * A cluster whose load balancer names every port of the host: those that the engine chose are to
 * stay when another container publishes them.
 *
 * @throws {DockerError} When Docker fails.
 */
export async function pinPorts(
  cli: DockerCli,
  cluster: ClusterInfo,
  options: CallOptions,
): Promise<ClusterInfo> {
  const balancer = cluster.nodes.find(({ role }) => role === "loadbalancer");
  const ports = balancer?.node?.balancing?.ports ?? [];
  if (balancer === undefined || ports.every(isPinned)) return cluster;
  const args = ["inspect", "--format", "{{json .NetworkSettings.Ports}}", balancer.name];
  const output = await cli.run(args, { ...options, act: `ask "${balancer.name}" for its ports` });
  const bindings: Bindings = JSON.parse(output) ?? {};
  const pinned = ports.flatMap((spec) => isPinned(spec) ? [spec] : pin(spec, bindings));
  return {
    ...cluster,
    nodes: cluster.nodes.map((node) => node === balancer ? withPorts(node, pinned) : node),
  };
}

function isPinned({ port }: PortSpec): boolean {
  return parsePortMappings(port).every(({ hostPort }) => hostPort !== undefined);
}

function pin({ port, ...filters }: PortSpec, bindings: Bindings): readonly PortSpec[] {
  return parsePortMappings(port).map((mapping) => {
    const [binding] = bindings[`${mapping.port}/${mapping.protocol}`] ?? [];
    const hostPort = Number(binding?.HostPort) || undefined;
    const pinned = hostPort === undefined ? mapping : { ...mapping, hostPort };
    return { ...filters, port: formatPublished(pinned) };
  });
}

function withPorts(info: NodeInfo, ports: readonly PortSpec[]): NodeInfo {
  const { node } = info;
  if (node?.balancing === undefined) return info;
  return { ...info, node: { ...node, balancing: { ...node.balancing, ports } } };
}
