import { AlreadyExistsError, UnsupportedError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { DockerCli } from "../docker/cli.ts";
import { LABEL, scopeName } from "./names.ts";
import { settle } from "./settle.ts";

/** What the engine told before a cluster is made. */
export interface EngineFacts {
  /** The time of the engine's machine, from which on its events are of interest. */
  readonly time: string;
  /** The host that is reached at the engine's published ports; `undefined` when it is this one. */
  readonly remoteHost: string | undefined;
  /** Where the engine keeps its data, as its own machine names it. */
  readonly dataRoot: string | undefined;
  /** The largest packet of the default bridge, in bytes. */
  readonly mtu: number | undefined;
  /** The cluster's own network, when one was left behind. */
  readonly network: NetworkFacts | undefined;
  /** The images that are wanted and missing. */
  readonly missingImages: readonly string[];
  /** What may go wrong later, for the user to know. */
  readonly warnings: readonly string[];
}

/** A network of the engine. */
export interface NetworkFacts {
  /** Its name. */
  readonly name: string;
  /** Its IPv4 subnet, when a user gave it one. */
  readonly subnet: string | undefined;
  /** Whether davit made it for this cluster. */
  readonly own: boolean;
  /** The addresses that are taken in it. */
  readonly addresses: readonly string[];
}

/** What `docker info` tells, as far as it is of interest. */
interface Info {
  readonly ServerVersion?: string;
  readonly SystemTime?: string;
  readonly CgroupVersion?: string;
  readonly DockerRootDir?: string;
  readonly MemTotal?: number;
}

/** What `docker network inspect` tells, as far as it is of interest. */
interface Network {
  readonly Name: string;
  readonly IPAM?: { readonly Config?: readonly { Subnet?: string; Gateway?: string }[] };
  readonly Options?: Readonly<Record<string, string>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly Containers?: Readonly<Record<string, { readonly IPv4Address?: string }>>;
}

/** What a cluster needs of the engine. */
export interface Wanted {
  /** The cluster's name. */
  readonly cluster: string;
  /** The network that the nodes go into. */
  readonly network: string;
  /** The images that nodes are made of. */
  readonly images: readonly string[];
}

const OLDEST = [20, 10] as const;

/**
 * Asks the engine, all at once, for what a plan needs, and refuses before anything is made.
 *
 * @throws {DockerError} When no engine answers.
 * @throws {UnsupportedError} When it is too old.
 * @throws {AlreadyExistsError} When there is such a cluster, or what is left of one.
 */
export async function askEngine(
  cli: DockerCli,
  wanted: Wanted,
  options: CallOptions = {},
): Promise<EngineFacts> {
  const { cluster, network, images } = wanted;
  const act = `make cluster "${cluster}"`;
  const label = ["--filter", `label=${LABEL.cluster}=${cluster}`];
  const ask = (...args: string[]) => cli.run(args, { ...options, act });
  const askForSome = (...args: string[]) => cli.runForSome(args, { ...options, act });
  const [info, containers, volumes, networks, present, endpoint] = await settle([
    ask("info", "--format", "{{json .}}"),
    ask("ps", "--all", ...label, "--format", "{{.Names}}"),
    ask("volume", "ls", "--format", `{{.Name}} {{.Label "${LABEL.cluster}"}}`),
    askForSome("network", "inspect", "bridge", network),
    askForSome(
      "image",
      "inspect",
      "--format",
      "{{json .RepoTags}}{{json .RepoDigests}}",
      ...images,
    ),
    ask("context", "inspect", "--format", "{{.Endpoints.docker.Host}}"),
  ]);
  if (containers.trim() !== "") throw new AlreadyExistsError(`cluster ${cluster}`);
  refuseVolumes(volumes, cluster);
  const engine: Info = JSON.parse(info);
  const { ServerVersion = "", SystemTime = "", CgroupVersion = "" } = engine;
  checkVersion(ServerVersion);
  const known: readonly Network[] = JSON.parse(networks || "[]");
  const bridge = known.find(({ Name }) => Name === "bridge");
  const mtu = Number(bridge?.Options?.["com.docker.network.driver.mtu"]) || undefined;
  return {
    time: SystemTime,
    remoteHost: remoteHostOf(endpoint.trim()),
    mtu,
    dataRoot: engine.DockerRootDir,
    network: describeNetwork(known.find(({ Name }) => Name === network), cluster),
    missingImages: images.filter((image) => !isListed(present, image)),
    warnings: CgroupVersion === "1" ? images.flatMap(warnOfCgroup) : [],
  };
}

/** Nodes would take over what is in volumes of these names, and their cluster take them along. */
function refuseVolumes(lines: string, cluster: string): void {
  const pattern = new RegExp(`^${scopeName(cluster)}-(?:server|agent)-\\d+(?:-kubelet)?$`);
  for (const line of lines.split("\n")) {
    const [name = "", owner = ""] = line.split(" ");
    if (owner === cluster) {
      throw new AlreadyExistsError(
        `volume ${name}" of an earlier cluster, to be removed by "davit cluster delete ${cluster}`,
      );
    }
    if (pattern.test(name)) {
      throw new AlreadyExistsError(
        `volume ${name}", which davit did not make and a node would use; rename the cluster, or ` +
          `remove it by "docker volume rm ${name}`,
      );
    }
  }
}

/** The subnet of a network that davit made; it never reuses what another made under that name. */
function describeNetwork(network: Network | undefined, cluster: string): NetworkFacts | undefined {
  if (network === undefined) return undefined;
  const { Name: name, IPAM, Labels = {}, Containers = {} } = network;
  const config = IPAM?.Config?.find(({ Subnet = "" }) => Subnet.includes("."));
  const taken = Object.values(Containers).map(({ IPv4Address = "" }) => IPv4Address.split("/")[0]);
  return {
    name,
    subnet: config?.Subnet,
    own: Labels[LABEL.cluster] === cluster,
    addresses: [...taken, config?.Gateway].filter((address) => address !== undefined),
  };
}

function checkVersion(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isPodman = major < 10; // podman counts from 1, and answers as docker would
  if (isPodman || major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new UnsupportedError(
    `Cannot make a cluster on Docker ${version}: expected ${OLDEST.join(".")} or newer`,
  );
}

/** The machine that an endpoint leads to: `ssh://me@host:22`, `tcp://host:2376`. */
export function remoteHostOf(endpoint: string): string | undefined {
  const [, host] = /^(?:ssh|tcp|https?):\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/]+)/.exec(endpoint) ?? [];
  if (host === undefined || host === "localhost" || host.startsWith("127.")) return undefined;
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** Docker lists its hub's images without the hub, podman with it. */
function isListed(present: string, image: string): boolean {
  const plain = image.replace(/^docker\.io\/(?:library\/)?/, "");
  const tagged = /[:@][^/]*$/.test(plain) ? plain : `${plain}:latest`;
  return [image, tagged, `docker.io/${tagged}`, `docker.io/library/${tagged}`]
    .some((name) => present.includes(JSON.stringify(name)));
}

/** From Kubernetes 1.35 on the kubelet refuses to run on cgroup v1. */
function warnOfCgroup(image: string): string[] {
  const [, minor] = /:v1\.(\d+)\./.exec(image) ?? [];
  if (minor === undefined || Number(minor) < 35) return [];
  return [
    `The engine's machine uses cgroup v1, which Kubernetes 1.${minor} refuses: switch it to cgroup ` +
    `v2, choose an image of 1.34, or pass --k3s-arg "--kubelet-arg=fail-cgroupv1=false@all"`,
  ];
}
