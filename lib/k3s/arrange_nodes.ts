import { HOST_NAMES, nodeName, parseClusterName } from "./names.ts";
import { parseKeyValue, parseRuntimeLabel } from "./key_value.ts";
import { BALANCER_IMAGE } from "./load_balancer.ts";
import type { ClusterNode } from "./node.ts";
import type { NodeIdentity } from "./node_filter.ts";
import { outlineNodes } from "./outline_nodes.ts";
import { formatPublished, type PortMapping } from "./port_mapping.ts";
import { publishPorts } from "./publish_ports.ts";
import { ValueSelector } from "./select_values.ts";
import type { ClusterSpec } from "./spec.ts";
import { parseVolumeMount } from "./volume_mount.ts";

/** What only the engine's machine could tell. */
export interface Surroundings {
  /** The addresses of the nodes in their order; none in a network that gives them out itself. */
  readonly addresses: readonly string[];
  /** Where the API is reached. */
  readonly api: ApiEndpoint;
  /** The containers; those that the spec asks for unless said. */
  readonly outline?: readonly NodeIdentity[];
}

/** Where the API of a cluster is reached. */
export interface ApiEndpoint {
  /** The name or address that clients use. */
  readonly host: string;
  /** The address of the engine's machine that it listens on. */
  readonly hostIp: string;
  /** The port. */
  readonly port: number;
}

/** The image of servers and agents unless it is said. */
export const NODE_IMAGE = "docker.io/rancher/k3s:v1.31.5-k3s1";

/** The port of the API in a node. */
export const API_PORT = 6443;

/** The variable by which k3s finds its secret, and the file that holds it. */
const TOKEN_VARIABLE = "K3S_TOKEN_FILE";
/** A file, so that neither labels nor processes nor `docker inspect` tell the secret. */
export const TOKEN_PATH = "/etc/rancher/k3s/davit-token";

/**
 * Decides everything about the containers of a cluster, but the content of their files.
 *
 * @returns Servers, agents, and the load balancer if there is one.
 * @throws {SyntaxError} For a name, value or filter that means nothing.
 * @throws {SpecError} For values that do not go together.
 * @example
 * ```ts
 * import { arrangeNodes } from "@davit/davit/k3s";
 *
 * const [server] = arrangeNodes({ name: "dev", image: "rancher/k3s:v1.31.5-k3s1" }, {
 *   addresses: ["172.28.0.2"],
 *   api: { host: "127.0.0.1", hostIp: "127.0.0.1", port: 6550 },
 * });
 * console.assert(server?.name === "davit-dev-server-0");
 * console.assert(server?.ports[0] === "127.0.0.1:6550:6443/tcp");
 * ```
 */
export function arrangeNodes(
  spec: ClusterSpec,
  surroundings: Surroundings,
): readonly ClusterNode[] {
  const { outline = outlineNodes(spec) } = surroundings;
  const arranger = new Arranger(spec, outline, surroundings);
  return outline.map((identity) =>
    identity.role === "loadbalancer" ? arranger.balancer(identity) : arranger.node(identity)
  );
}

class Arranger {
  readonly #spec: ClusterSpec;
  readonly #cluster: string;
  readonly #outline: readonly NodeIdentity[];
  readonly #surroundings: Surroundings;
  readonly #values: ValueSelector;
  readonly #k3sNodes: readonly NodeIdentity[];

  constructor(
    spec: ClusterSpec,
    outline: readonly NodeIdentity[],
    surroundings: Surroundings,
  ) {
    this.#spec = spec;
    this.#cluster = parseClusterName(spec.name ?? "");
    this.#outline = outline;
    this.#surroundings = surroundings;
    this.#values = new ValueSelector(outline);
    this.#k3sNodes = outline.filter(({ role }) => role !== "loadbalancer");
  }

  /** A server or an agent. */
  node(identity: NodeIdentity): ClusterNode {
    const { env, image = NODE_IMAGE, hostAliases = [], volumes, options: { runtime = {} } = {} } =
      this.#spec;
    const { gpuRequest, hostPidMode } = runtime;
    return {
      ...this.#common(identity),
      image,
      command: this.#command(identity),
      env: [
        ...this.#values.selectSaid(env, identity, ({ envVar }) => `--env "${envVar}"`)
          .map(({ envVar }) => envVar),
        `${TOKEN_VARIABLE}=${TOKEN_PATH}`,
        ...(this.#isFirst(identity) ? [] : [`K3S_URL=${this.#joinUrl()}`]),
      ],
      volumes: this.#values.select(volumes, identity).map(({ volume }) => parseVolumeMount(volume)),
      ulimits: runtime.ulimits ?? [],
      extraHosts: [
        ...HOST_NAMES.map((name) => `${name}:host-gateway`),
        ...hostAliases.flatMap(({ ip, hostnames }) => hostnames.map((name) => `${name}:${ip}`)),
      ],
      ...this.#limits(identity),
      ...(gpuRequest === undefined ? {} : { gpus: gpuRequest }),
      ...(hostPidMode === true ? { hostPid: true } : {}),
    };
  }

  /** The load balancer. */
  balancer(identity: NodeIdentity): ClusterNode {
    const { volumes, env, ports = [], options: { davit = {}, k3d = {} } = {} } = this.#spec;
    return {
      ...this.#common(identity),
      image: davit.loadbalancerImage ?? BALANCER_IMAGE,
      command: [],
      env: this.#values.select(env, identity).map(({ envVar }) => envVar),
      volumes: this.#values.select(volumes, identity).map(({ volume }) => parseVolumeMount(volume)),
      ulimits: [],
      extraHosts: [],
      balancing: {
        ports: ports.filter((port) => publishPorts([port], this.#k3sNodes).routes.length > 0),
        settings: k3d.loadbalancer?.configOverrides ?? [],
      },
    };
  }

  #common(identity: NodeIdentity) {
    const { role, index } = identity;
    const { options: { runtime = {} } = {} } = this.#spec;
    const ip = this.#surroundings.addresses[this.#outline.indexOf(identity)];
    const labels = this.#values.selectSaid(
      runtime.labels,
      identity,
      ({ label }) => `--runtime-label "${label}"`,
    );
    return {
      name: nodeName(this.#cluster, role, index),
      role,
      index,
      ...(ip === undefined ? {} : { ip }),
      labels: Object.fromEntries(labels.map(({ label }) => parseRuntimeLabel(label))),
      ports: this.#ports(identity).map(formatPublished),
    };
  }

  #command(identity: NodeIdentity): readonly string[] {
    const { servers = 1, options: { k3s = {} } = {} } = this.#spec;
    const args = this.#values.selectSaid(
      k3s.extraArgs,
      identity,
      ({ arg }) => `--k3s-arg "${arg}"`,
    );
    const labels = this.#values.selectSaid(
      k3s.nodeLabels,
      identity,
      ({ label }) => `--k3s-node-label "${label}"`,
    );
    return [
      identity.role,
      ...(servers > 1 && this.#isFirst(identity) ? ["--cluster-init"] : []),
      ...(identity.role === "server" ? this.#alternativeNames() : []),
      ...labels.flatMap(({ label }) => ["--node-label", parseKeyValue(label).join("=")]),
      ...args.map(({ arg }) => arg),
    ];
  }

  /** Names under which the API is reached, for its certificate. */
  #alternativeNames(): readonly string[] {
    const { host } = this.#surroundings.api;
    const balancer = this.#outline.find(({ role }) => role === "loadbalancer");
    const names = [
      host === "127.0.0.1" ? [] : [host],
      balancer === undefined ? [] : [nodeName(this.#cluster, balancer.role, balancer.index)],
    ];
    return names.flat().flatMap((name) => ["--tls-san", name]);
  }

  #ports(identity: NodeIdentity): readonly PortMapping[] {
    const published = publishPorts(this.#spec.ports ?? [], this.#k3sNodes);
    const { hostIp, port: hostPort } = this.#surroundings.api;
    const api: PortMapping = { hostIp, hostPort, port: API_PORT, protocol: "tcp" };
    return [
      ...(this.#publishesApi(identity) ? [api] : []),
      ...published.direct.filter(({ node }) => node === identity).map(({ mapping }) => mapping),
      ...(identity.role === "loadbalancer" ? published.routes.map(({ mapping }) => mapping) : []),
    ];
  }

  #publishesApi(identity: NodeIdentity): boolean {
    const hasBalancer = this.#outline.some(({ role }) => role === "loadbalancer");
    return hasBalancer ? identity.role === "loadbalancer" : this.#isFirst(identity);
  }

  #limits({ role }: NodeIdentity): Pick<ClusterNode, "memory" | "cpus"> {
    const { runtime = {}, davit = {} } = this.#spec.options ?? {};
    const [memory, cpus] = role === "server"
      ? [runtime.serversMemory, davit.serversCpus]
      : [runtime.agentsMemory, davit.agentsCpus];
    return {
      ...(memory === undefined ? {} : { memory }),
      ...(cpus === undefined ? {} : { cpus }),
    };
  }

  #isFirst({ role, index }: NodeIdentity): boolean {
    return role === "server" && index === 0;
  }

  #joinUrl(): string {
    return `https://${nodeName(this.#cluster, "server", 0)}:${API_PORT}`;
  }
}
