import type { CallOptions } from "../layer/content_source.ts";
import type { DockerCli } from "../docker/cli.ts";
import {
  type ClusterInfo,
  findCluster,
  firstServer,
  type NodeInfo,
  refuseLeftovers,
} from "./list_clusters.ts";
import type { ClusterNode } from "./node.ts";
import { formatPublished, parsePortMappings } from "./port_mapping.ts";
import type { PortSpec } from "./spec.ts";
import { settle } from "./settle.ts";

/** A cluster as the engine has it now. */
export interface ObservedCluster extends ClusterInfo {
  /** The network that its nodes are in. */
  readonly network: string;
  /** The IPv4 subnet of that network. */
  readonly subnet: string | undefined;
  /** The largest packet of that network, in bytes, where it has been set. */
  readonly mtu: number | undefined;
  /** The engine's time. */
  readonly time: string;
}

/** What the engine tells of a container, beyond how it was made. */
interface Facts {
  readonly Name: string;
  readonly Ports: Bindings | null;
  readonly Networks: Readonly<Record<string, unknown>>;
  readonly Memory: number;
  readonly NanoCpus: number;
}

/** `80/tcp`, and where the host listens for it. */
type Bindings = Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>;

const FORMAT = `{"Name":{{json .Name}},"Ports":{{json .NetworkSettings.Ports}},` +
  `"Networks":{{json .NetworkSettings.Networks}},"Memory":{{json .HostConfig.Memory}},` +
  `"NanoCpus":{{json .HostConfig.NanoCpus}}}`;

/** A network's options as JSON, then its subnets, a line each. */
const NETWORK = "{{json .Options}}{{range .IPAM.Config}}{{println}}{{.Subnet}}{{end}}";

/**
 * Finds a cluster, with what its containers have become since they were made: their limits, and the
 * ports of the host that the engine chose. Both are to stay when other containers take their places.
 *
 * @param act What it is for, as an error names it.
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {ClusterError} When it has no first server, or a node of it is being replaced.
 * @throws {DockerError} When Docker fails.
 */
export async function observeCluster(
  cli: DockerCli,
  name: string,
  act: string,
  options: CallOptions = {},
): Promise<ObservedCluster> {
  const call = { ...options, act };
  const cluster = await findCluster(cli, name, options);
  refuseLeftovers(cluster, cluster.leftovers);
  const server = firstServer(cluster).name;
  const names = cluster.nodes.map((node) => node.name);
  const [inspected, time] = await settle([
    cli.run(["inspect", "--format", FORMAT, ...names], call),
    cli.run(["info", "--format", "{{.SystemTime}}"], call),
  ]);
  const facts = new Map(
    inspected.trim().split("\n").map((line): [string, Facts] => {
      const fact: Facts = JSON.parse(line);
      return [fact.Name.replace(/^\//, ""), fact];
    }),
  );
  const [network = ""] = Object.keys(facts.get(server)?.Networks ?? {});
  const described = await cli.run(["network", "inspect", "--format", NETWORK, network], call);
  const [settings = "", ...subnets] = described.split("\n");
  return {
    ...cluster,
    nodes: cluster.nodes.map((info) => withFacts(info, facts.get(info.name))),
    network,
    subnet: subnets.find((subnet) => subnet.includes(".")),
    mtu: Number(JSON.parse(settings)?.["com.docker.network.driver.mtu"]) || undefined,
    time: time.trim(),
  };
}

/** The nodes whose labels can be read. */
export function nodesOf({ nodes }: Pick<ClusterInfo, "nodes">): readonly ClusterNode[] {
  return nodes.flatMap(({ node }) => node ?? []);
}

function withFacts(info: NodeInfo, facts: Facts | undefined): NodeInfo {
  if (info.node === undefined || facts === undefined) return info;
  const { memory: _memory, cpus: _cpus, ...node } = info.node;
  const bindings = facts.Ports ?? {};
  const { balancing } = node;
  return {
    ...info,
    node: {
      ...node,
      ports: node.ports.flatMap((port) => pin(port, bindings)),
      ...(balancing === undefined ? {} : {
        balancing: {
          ...balancing,
          ports: balancing.ports.flatMap((spec) => pinSpec(spec, bindings)),
        },
      }),
      ...(facts.Memory > 0 ? { memory: `${facts.Memory}b` } : {}),
      ...(facts.NanoCpus > 0 ? { cpus: String(facts.NanoCpus / 1e9) } : {}),
    },
  };
}

function pinSpec({ port, ...filters }: PortSpec, bindings: Bindings): readonly PortSpec[] {
  const isPinned = parsePortMappings(port).every(({ hostPort }) => hostPort !== undefined);
  if (isPinned) return [{ port, ...filters }];
  return pin(port, bindings).map((text) => ({ ...filters, port: text }));
}

function pin(port: string, bindings: Bindings): readonly string[] {
  return parsePortMappings(port).map((mapping) => {
    const [binding] = bindings[`${mapping.port}/${mapping.protocol}`] ?? [];
    const chosen = Number(binding?.HostPort) || undefined;
    const isOpen = mapping.hostPort === undefined && chosen !== undefined;
    return formatPublished(isOpen ? { ...mapping, hostPort: chosen } : mapping);
  });
}
