import { parseApiAddress } from "../api_address.ts";
import { type ApiEndpoint, arrangeNodes } from "../arrange_nodes.ts";
import { publishesApi } from "../balancer_routes.ts";
import { scopeName } from "../names.ts";
import { freeAddresses } from "../new_nodes.ts";
import type { ClusterNode, NodeRole } from "../node.ts";
import { type FileContents, withDigests } from "../node_files.ts";
import type { NodeIdentity } from "../node_filter.ts";
import { nodesOf, type ObservedCluster } from "../observe_cluster.ts";
import { parsePortMappings } from "../port_mapping.ts";
import type { ClusterSpec } from "../spec.ts";
import type { ClusterChanges } from "./cluster_changes.ts";
import { labelChange, limitChange, reasonsToRecreate } from "./compare_nodes.ts";
import { apiPorts, wantedBalancer, wantedPorts } from "./wanted_ports.ts";

/** What a cluster is compared by, besides its spec. */
export interface Comparison {
  /** What files hold; the secret, when the spec says it. */
  readonly contents: FileContents;
  /** The secret of the cluster that is there. */
  readonly token: string;
  /** The labels that Kubernetes knows, by nodes. */
  readonly labels: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/**
 * Tells what makes a cluster that runs what a spec says. What the spec leaves to davit stays as it is:
 * the image, ports that the engine chose, the address of the API.
 *
 * @throws {SyntaxError} For a value or filter that means nothing.
 * @throws {SpecError} For values that do not go together.
 */
export function compareCluster(
  cluster: ObservedCluster,
  spec: ClusterSpec,
  comparison: Comparison,
): ClusterChanges {
  const present = nodesOf(cluster);
  const balancer = present.find(({ role }) => role === "loadbalancer");
  const kept = [
    ...lowest(present, "server", spec.servers ?? 1),
    ...lowest(present, "agent", spec.agents ?? 0),
  ];
  const outline = [
    ...identities(kept, "server", spec.servers ?? 1),
    ...identities(kept, "agent", spec.agents ?? 0),
  ];
  const wanted = arrange(cluster, spec, { kept, outline, comparison });
  const ports = wantedPorts(
    spec.ports ?? [],
    wanted.map((node) => ({ ...node, ports: presentOf(kept, node)?.ports ?? [] })),
    balancer,
  );
  const nodes = wanted.map((node): ClusterNode => ({
    ...node,
    ports: [
      ...apiPorts(presentOf(kept, node) ?? { ports: [] }),
      ...ports.direct.get(node.name) ?? [],
    ],
  }));
  const pairs = nodes.flatMap((node) => {
    const before = presentOf(kept, node);
    return before === undefined ? [] : [{ before, node }];
  });
  const { k3d = {}, davit = {} } = spec.options ?? {};
  const next = wantedBalancer(
    cluster.name,
    [...nodes, ...(balancer === undefined ? [] : [balancer])],
    {
      ports: ports.balanced,
      settings: k3d.loadbalancer?.configOverrides ?? [],
      ...(davit.loadbalancerImage === undefined ? {} : { image: davit.loadbalancerImage }),
    },
  );
  return {
    add: nodes.filter((node) => presentOf(kept, node) === undefined),
    remove: cluster.nodes.filter(({ name, role }) =>
      role !== "loadbalancer" && !kept.some((node) => node.name === name)
    ),
    update: pairs.flatMap(({ before, node }) => limitChange(before, node)),
    label: pairs.flatMap(({ before, node }) =>
      labelChange(before, node, comparison.labels.get(node.name) ?? {})
    ),
    ...(next === undefined ? {} : { balancer: placed(next, cluster) }),
    recreate: pairs.flatMap(({ before, node }) => {
      const reasons = reasonsToRecreate(before, node);
      return reasons.length === 0 ? [] : [{ node, reasons }];
    }),
    refuse: refusals(cluster, spec, comparison),
  };
}

/** The nodes as the spec has them, those that are there under their names, new ones behind them. */
function arrange(
  cluster: ObservedCluster,
  spec: ClusterSpec,
  { kept, outline, comparison }: {
    readonly kept: readonly ClusterNode[];
    readonly outline: readonly NodeIdentity[];
    readonly comparison: Comparison;
  },
): readonly ClusterNode[] {
  const free = [...freeAddresses(cluster, outline.length - kept.length)];
  const addresses = outline.map((identity) =>
    (kept.find((node) => isSame(node, identity)) ?? { ip: free.shift() }).ip ?? ""
  );
  const hasAddresses = addresses.every((address) => address !== "");
  const balancer = nodesOf(cluster).filter((node) =>
    node.role === "loadbalancer" && publishesApi(node)
  );
  const { contents } = comparison;
  const arranged = arrangeNodes({ ...spec, name: cluster.name }, {
    addresses: hasAddresses ? addresses : [],
    api: apiOf(cluster),
    outline: [...outline, ...balancer.map(({ role, index }) => ({ role, index }))],
  }).filter(({ role }) => role !== "loadbalancer");
  return arranged.map((node) => {
    const before = presentOf(kept, node);
    const made = withDigests(node, arranged, { spec, contents });
    if (before === undefined) return { ...made, image: spec.image ?? imageOf(kept) ?? made.image };
    const { networks } = before;
    return {
      ...made,
      name: before.name,
      image: spec.image ?? before.image,
      command: keepInit(before.command, made.command),
      ...(networks === undefined ? {} : { networks }),
    };
  });
}

/** What began a cluster stays said: it means nothing any more, and etcd is there for good. */
function keepInit(before: readonly string[], after: readonly string[]): readonly string[] {
  const init = "--cluster-init";
  if (!before.includes(init) || after.includes(init)) return after;
  return [after[0] ?? "", init, ...after.slice(1)];
}

function lowest(nodes: readonly ClusterNode[], role: NodeRole, count: number) {
  return nodes.filter((node) => node.role === role)
    .sort((left, right) => left.index - right.index).slice(0, count);
}

function identities(kept: readonly ClusterNode[], role: NodeRole, count: number): NodeIdentity[] {
  const indices = kept.filter((node) => node.role === role).map(({ index }) => index);
  const next = Math.max(-1, ...indices) + 1;
  const added = Array.from({ length: count - indices.length }, (_, offset) => next + offset);
  return [...indices, ...added].map((index) => ({ role, index }));
}

function refusals(
  cluster: ObservedCluster,
  { network = scopeName(cluster.name), subnet = "auto", token, kubeAPI = {}, options }: ClusterSpec,
  comparison: Comparison,
): readonly string[] {
  const { mtu } = options?.davit ?? {};
  const { host, hostIp, port } = apiOf(cluster);
  const wanted = parseApiAddress(kubeAPI.hostPort ?? "random").port ?? port;
  const change = (what: string, before: unknown, after: unknown) =>
    before === after ? [] : [`${what}: "${before}" to "${after}"`];
  return [
    ...change("the network", cluster.network, network),
    ...(subnet === "auto" ? [] : change("the subnet", cluster.subnet, subnet)),
    ...(mtu === undefined ? [] : change("the MTU", cluster.mtu, mtu)),
    ...change("the port of the API", port, wanted),
    ...change("the address of the API", hostIp, kubeAPI.hostIP ?? hostIp),
    ...change("the host of the API", host, kubeAPI.host ?? host),
    ...(token === undefined || token === comparison.token ? [] : ["the token"]),
  ];
}

function apiOf(cluster: ObservedCluster): ApiEndpoint {
  const publisher = nodesOf(cluster).find(publishesApi);
  const [mapping] = parsePortMappings(
    publisher?.ports.find((port) => publishesApi({ ports: [port] })) ?? "6443:6443",
  );
  const { hostname, port } = new URL(cluster.apiUrl);
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    hostIp: mapping?.hostIp ?? "0.0.0.0",
    port: mapping?.hostPort ?? Number(port),
  };
}

function imageOf([first]: readonly ClusterNode[]): string | undefined {
  return first?.image;
}

function placed(balancer: ClusterNode, cluster: ObservedCluster): ClusterNode {
  const ip = balancer.ip ?? freeAddresses(cluster, 1)[0];
  return ip === undefined ? balancer : { ...balancer, ip };
}

function presentOf(kept: readonly ClusterNode[], identity: NodeIdentity): ClusterNode | undefined {
  return kept.find((node) => isSame(node, identity));
}

function isSame(left: NodeIdentity, right: NodeIdentity): boolean {
  return left.role === right.role && left.index === right.index;
}
