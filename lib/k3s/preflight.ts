import { ClusterError } from "../errors.ts";
import { formatPublished, parsePortMappings, type PortMapping } from "./port_mapping.ts";

/** Space of a disk, in bytes. */
export interface DiskSpace {
  /** What is free. */
  readonly free: number;
  /** All of it. */
  readonly total: number;
}

/** What a new cluster takes of the machine that the engine is on, when it is this one. */
export interface Demand {
  /** The cluster's name. */
  readonly cluster: string;
  /** Ports of the host: `127.0.0.1:8080:80/tcp`. */
  readonly ports: readonly string[];
  /** How many servers and agents. */
  readonly nodes: number;
  /** Where the engine keeps its data. */
  readonly dataRoot: string | undefined;
}

/** With less nothing that Kubernetes starts has room, in bytes. */
const LEAST_FREE = 256 * 1024 * 1024;
/** Of a disk that has less the kubelet of k3s removes images, and ends pods. */
const EVICTION = 0.05;
/** Watches that a node needs, and those that a machine needs for all else. */
const [WATCHERS_PER_NODE, WATCHERS] = [64, 64];

/**
 * Looks at this machine before anything is made on its engine.
 *
 * @returns What may go wrong later, for the user to know.
 * @throws {ClusterError} When a port is taken, or there is no space left.
 */
export async function checkMachine(demand: Demand): Promise<readonly string[]> {
  const taken = (await Promise.all(demand.ports.map(takenPort))).find((port) => port !== undefined);
  if (taken !== undefined) {
    throw new ClusterError(
      `Cannot publish port "${taken}" of cluster "${demand.cluster}": expected a port of this machine ` +
        "that is free, got address already in use; end what listens there, or choose another port",
    );
  }
  const space = demand.dataRoot === undefined ? undefined : await spaceOf(demand.dataRoot);
  const watchers = await readNumber("/proc/sys/fs/inotify/max_user_instances");
  return [
    ...(space === undefined ? [] : judgeSpace(space, demand)),
    ...(watchers === undefined ? [] : judgeWatchers(watchers, demand)),
  ];
}

/**
 * What is to be said of the space on the engine's disk.
 *
 * @throws {ClusterError} When there is none left.
 */
export function judgeSpace(
  { free, total }: DiskSpace,
  { cluster, dataRoot = "" }: Pick<Demand, "cluster" | "dataRoot">,
): readonly string[] {
  const megabytes = Math.floor(free / 2 ** 20);
  if (free < LEAST_FREE) {
    throw new ClusterError(
      `Cannot make cluster "${cluster}": expected space on the disk of "${dataRoot}", got ${megabytes} ` +
        'MiB; "docker system df" tells what takes it',
    );
  }
  if (free >= total * EVICTION) return [];
  return [
    `The disk of "${dataRoot}" has ${megabytes} MiB left, less than 5 %: Kubernetes will remove images ` +
    'and end pods; "docker system df" tells what takes it',
  ];
}

/** What is to be said of how many watchers of files a user may have. */
export function judgeWatchers(limit: number, { nodes }: Pick<Demand, "nodes">): readonly string[] {
  const wanted = WATCHERS + nodes * WATCHERS_PER_NODE;
  if (limit >= wanted) return [];
  return [
    `fs.inotify.max_user_instances is ${limit}, and nodes may end with "too many open files": "sysctl ` +
    `fs.inotify.max_user_instances=${
      Math.max(512, wanted)
    } fs.inotify.max_user_watches=524288" raises it`,
  ];
}

/** The port as it was asked for, when somebody listens there. One that cannot be tried is the engine's. */
async function takenPort(port: string): Promise<string | undefined> {
  for (const mapping of parsePortMappings(port)) {
    if (mapping.hostPort !== undefined && await isTaken(mapping, mapping.hostPort)) {
      return formatPublished(mapping);
    }
  }
  return undefined;
}

async function isTaken({ hostIp = "0.0.0.0", protocol }: PortMapping, port: number) {
  if (protocol === "udp") return await isTakenForUdp(hostIp, port);
  try {
    Deno.listen({ hostname: hostIp, port }).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.AddrInUse;
  }
}

async function isTakenForUdp(address: string, port: number): Promise<boolean> {
  const { createSocket } = await import("node:dgram");
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.on("error", (error) => resolve("code" in error && error.code === "EADDRINUSE"));
  socket.bind(port, address, () => resolve(false));
  const taken = await promise;
  socket.close();
  return taken;
}

async function spaceOf(path: string): Promise<DiskSpace | undefined> {
  const { statfs } = await import("node:fs/promises");
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch {
    return undefined; // the engine is in a machine of its own, which has other paths
  }
}

async function readNumber(path: string): Promise<number | undefined> {
  try {
    return Number(await Deno.readTextFile(path)) || undefined;
  } catch {
    return undefined; // another system, or no permission to look
  }
}
