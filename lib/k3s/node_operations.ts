import type { ClusterNode, NodeFile } from "./node.ts";
import type { Chain, Creation, Operation } from "./operation.ts";
import { LABEL } from "./names.ts";
import { formatVolumeMount } from "./volume_mount.ts";

/** What a node is created into. */
export interface NodeSetting {
  /** The cluster's name. */
  readonly cluster: string;
  /** The network. */
  readonly network: string;
  /** Where the API is reached. */
  readonly apiUrl: string;
  /** What the container is called until it takes the place of another; the node's name unless said. */
  readonly as?: string;
}

/** The directories whose content outlives a node, and what their volumes' names end in. */
const KEPT: readonly (readonly [path: string, suffix: string])[] = [
  ["/var/lib/rancher/k3s", ""],
  ["/var/lib/kubelet", "-kubelet"],
];

/**
 * The volumes of a node's own: its state, which outlives the container. Where the user mounts
 * something of theirs, there is none.
 */
export function volumesOf(
  node: Pick<ClusterNode, "name" | "role" | "volumes">,
): readonly string[] {
  return stateMounts(node).map(([, volume]) => volume);
}

function stateMounts(
  { name, role, volumes }: Pick<ClusterNode, "name" | "role" | "volumes">,
): readonly (readonly [path: string, volume: string])[] {
  if (role === "loadbalancer") return [];
  const taken = volumes.map(({ target }) => target.replace(/(?<=.)\/+$/, ""));
  return KEPT.filter(([path]) => !taken.includes(path))
    .map(([path, suffix]) => [path, `${name}${suffix}`]);
}

/** Whether a path of a node outlives its container. */
export function isKept(path: string): boolean {
  return KEPT.some(([directory]) => path === directory || path.startsWith(`${directory}/`));
}

/** Creates a node's container, with its volumes, and does not start it. */
export function createNode(node: ClusterNode, setting: NodeSetting): Operation {
  const { name, role, image, command } = node;
  const volumes = setting.as === undefined ? volumesOf(node) : []; // they hold what is to be kept
  const creates: Creation[] = [
    { kind: "container", name: setting.as ?? name },
    ...volumes.map((volume): Creation => ({ kind: "volume", name: volume })),
  ];
  return {
    act: `create ${role} "${name}"`,
    args: ["create", ...createFlags(node, setting), image, ...command],
    creates,
  };
}

/** Puts a node's container into the networks that it is in besides the cluster's. */
export function connectNetworks({ name, networks = [] }: ClusterNode, as: string = name): Chain {
  return networks.map((network) => ({
    act: `connect "${name}" to network "${network}"`,
    args: ["network", "connect", network, as],
  }));
}

/** Puts files into a node's container, which need not run. */
export function putFiles(
  { name }: Pick<ClusterNode, "name">,
  files: readonly NodeFile[],
): Operation {
  return { act: `put files into "${name}"`, args: ["cp", "-", `${name}:/`], files };
}

/** Starts a node's container. */
export function startNode({ name }: Pick<ClusterNode, "name">): Operation {
  return { act: `start "${name}"`, args: ["start", name] };
}

function createFlags(node: ClusterNode, setting: NodeSetting): string[] {
  const { cluster, network, apiUrl, as = node.name } = setting;
  const { name, role, ip, env, labels, ports, volumes, ulimits, extraHosts } = node;
  const own = {
    [LABEL.cluster]: cluster,
    [LABEL.role]: role,
    [LABEL.api]: apiUrl,
    [LABEL.node]: JSON.stringify(node),
  };
  return [
    ...["--name", as, "--hostname", name, "--network", network],
    ...(ip === undefined ? [] : ["--ip", ip]),
    ...["--restart", "unless-stopped"],
    ...(role === "loadbalancer" ? END_AT_ONCE : privileges(node, cluster)),
    ...Object.entries({ ...labels, ...own }).flatMap((
      [key, value],
    ) => ["--label", `${key}=${value}`]),
    ...each("--env", env),
    ...each("--publish", ports),
    ...each("--volume", volumes.map(formatVolumeMount)),
    ...each("--ulimit", ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`)),
    ...each("--add-host", extraHosts),
    ...limits(node),
  ];
}

/** nginx would wait for connections that stay open, and nobody stops a cluster to keep them. */
const END_AT_ONCE = ["--stop-signal", "SIGTERM"];

/** What k3s needs to run as the first process of a container: nearly all that a machine may. */
function privileges(node: ClusterNode, cluster: string): string[] {
  return [
    "--privileged",
    ...["--userns", "host", "--tmpfs", "/run", "--tmpfs", "/var/run"],
    ...stateMounts(node).flatMap(([path, volume]) => [
      "--mount",
      `type=volume,source=${volume},target=${path},volume-label=${LABEL.cluster}=${cluster}`,
    ]),
  ];
}

function limits({ memory, cpus, gpus, hostPid }: ClusterNode): string[] {
  return [
    ...(memory === undefined ? [] : ["--memory", memory]),
    ...(cpus === undefined ? [] : ["--cpus", cpus]),
    ...(gpus === undefined ? [] : ["--gpus", gpus]),
    ...(hostPid === true ? ["--pid", "host"] : []),
  ];
}

function each(flag: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [flag, value]);
}
