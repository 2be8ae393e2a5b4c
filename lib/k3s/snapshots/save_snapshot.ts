import { DockerCli } from "../../docker/cli.ts";
import { AlreadyExistsError, ClusterError, FileError } from "../../errors.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import { writeTar } from "../../tar/write_tar.ts";
import { type ClusterInfo, findCluster } from "../list_clusters.ts";
import type { ClusterNode } from "../node.ts";
import { startCluster, type StartClusterOptions, stopCluster } from "../start_cluster.ts";
import { changedFiles } from "./changed_files.ts";
import { describeNetwork } from "./describe_network.ts";
import { findMounts } from "./find_mounts.ts";
import { readSnapshot } from "./read_snapshot.ts";
import { writePart } from "./part_file.ts";
import { type Snapshot, SNAPSHOT_FILE, type SnapshotNode, type SnapshotPart } from "./snapshot.ts";

/** Options of {@linkcode saveSnapshot}. */
export interface SaveSnapshotOptions extends StartClusterOptions {
  /** Whether an older snapshot in the directory gives way; `false` unless said. */
  readonly replace?: boolean;
}

/**
 * Saves all that a cluster is: how its nodes were made, their files and the volumes of their state,
 * as compressed tars in a directory. What the user mounted into nodes is not part of it, nor are
 * registries, nor the marks by which overlayfs hides a whole directory of a lower layer: no engine
 * copies them.
 *
 * A cluster that runs is stopped meanwhile, so that all parts are of one moment, and started again;
 * `waitFor` and `timeoutMs` say how. The directory appears when all of it is written. It holds the
 * secrets of the cluster, for its owner's eyes only.
 *
 * @param name The cluster.
 * @param directory The directory to be made.
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {AlreadyExistsError} When the directory is there and is not to be replaced.
 * @throws {NotFoundError | DocumentError} When what is there and is to be replaced is no snapshot.
 * @throws {ClusterError} When a node does not tell how it was made, or does not come up again.
 * @throws {DockerError} When Docker fails.
 * @example
 * ```ts
 * import { restoreSnapshot, saveSnapshot } from "@davit/davit/k3s";
 *
 * async function beginAnew(): Promise<void> {
 *   await saveSnapshot("dev", "snapshots/dev");
 *   await restoreSnapshot("snapshots/dev", { replace: true });
 * }
 * console.assert(typeof beginAnew === "function");
 * ```
 */
export async function saveSnapshot(
  name: string,
  directory: string,
  options: SaveSnapshotOptions = {},
): Promise<Snapshot> {
  const { signal } = options;
  const cli = new DockerCli({ ...options.docker, detached: true });
  const cluster = await findCluster(cli, name, options);
  const nodes = cluster.nodes.map(({ name, node }) => node ?? untold(cluster, name));
  await makeRoom(directory, options);
  const network = await describeNetwork(cli, cluster, options);
  const staging = await makeStaging(directory);
  try {
    const createdAt = new Date().toISOString();
    const saved = await whileStopped(cluster, options, async () => {
      const parts: SnapshotNode[] = [];
      for (const node of nodes) parts.push(await saveNode(cli, node, staging, options));
      return parts;
    });
    signal?.throwIfAborted();
    const { apiUrl } = cluster;
    const snapshot: Snapshot = {
      version: 1,
      cluster: name,
      createdAt,
      apiUrl,
      network,
      nodes: saved,
    };
    const text = `${JSON.stringify(snapshot, null, 2)}\n`;
    await Deno.writeTextFile(`${staging}/${SNAPSHOT_FILE}`, text, { mode: 0o600 });
    await publish(staging, directory);
    return snapshot;
  } finally {
    await Deno.remove(staging, { recursive: true }).catch(() => {}); // it is gone once it is published
  }
}

/** Runs something while no node runs; those that did run again after it, whatever came of it. */
async function whileStopped<T>(
  { name, nodes }: ClusterInfo,
  options: SaveSnapshotOptions,
  task: () => Promise<T>,
): Promise<T> {
  if (nodes.every(({ state }) => state !== "running")) return await task();
  const { docker = {} } = options;
  try {
    await stopCluster(name, options);
    const result = await task();
    await startCluster(name, options);
    return result;
  } catch (error) {
    // What interrupts the saving does not leave the cluster down.
    await startCluster(name, { docker, waitFor: false }).catch(() => {});
    throw error;
  }
}

async function saveNode(
  cli: DockerCli,
  node: ClusterNode,
  directory: string,
  options: CallOptions,
): Promise<SnapshotNode> {
  const { name } = node;
  const mounts = await findMounts(cli, node, options);
  const places = mounts.map(({ path }) => path);
  const files = writeTar(changedFiles(cli, name, { ...options, mounts: places }));
  const parts: SnapshotPart[] = [
    await writePart(directory, { file: `${name}.tar.zst`, parent: "/" }, files, options),
  ];
  for (const { volume, path } of mounts) {
    if (volume === undefined) continue;
    const part = { file: `${volume}.volume.tar.zst`, parent: path.slice(0, path.lastIndexOf("/")) };
    const act = `read volume "${volume}" of "${name}"`;
    await using process = cli.spawn(["cp", `${name}:${path}`, "-"], { act });
    const [written] = await Promise.all([
      writePart(directory, part, process.stdout, options),
      process.finished(options),
    ]);
    parts.push(written);
  }
  return { node, parts };
}

/** Only a snapshot is replaced, and only when it is asked for. */
async function makeRoom(
  directory: string,
  { replace = false }: SaveSnapshotOptions,
): Promise<void> {
  if (!await isThere(directory)) return;
  if (!replace) throw new AlreadyExistsError(directory);
  await readSnapshot(directory);
}

async function makeStaging(directory: string): Promise<string> {
  const staging = `${directory.replace(/\/+$/, "")}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    await Deno.mkdir(staging, { recursive: true, mode: 0o700 });
    return staging;
  } catch (cause) {
    throw new FileError(`Cannot save a snapshot: ${String(cause)}`, directory, { cause });
  }
}

/** Gives the finished directory its name, in place of an older one. */
async function publish(staging: string, directory: string): Promise<void> {
  if (!await isThere(directory)) return await Deno.rename(staging, directory);
  const retired = `${staging}.old`;
  await Deno.rename(directory, retired);
  await Deno.rename(staging, directory);
  await Deno.remove(retired, { recursive: true });
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}

function untold({ name }: ClusterInfo, node: string): never {
  throw new ClusterError(
    `Cannot save cluster "${name}": expected to find in the label of "${node}" how it was made`,
    { node },
  );
}
