import type { DockerCli } from "../../docker/cli.ts";
import { DockerError } from "../../errors.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import { readTar } from "../../tar/read_tar.ts";
import type { NodeInfo } from "../list_clusters.ts";
import type { NodeFile } from "../node.ts";
import { putFiles } from "../node_operations.ts";
import type { Chain } from "../operation.ts";
import { settle } from "../settle.ts";
import { HOSTING_PATH } from "./hosting_manifest.ts";
import { addHost, hostsPath, removeHost } from "./hosts_toml.ts";
import {
  addMirrors,
  endpointUrl,
  mirroredNames,
  REGISTRIES_PATH,
  type RegistryEndpoint,
  removeMirrors,
} from "./mirrors.ts";

/** What a node says about registries. */
export interface NodeRegistries {
  /** The node. */
  readonly node: NodeInfo;
  /** Its files that tell of registries, by their paths. */
  readonly files: ReadonlyMap<string, string>;
  /** Whether its containerd looks for other places each time that it pulls, and not at its start. */
  readonly isLive: boolean;
}

/** What becomes of a node's files. */
export interface NodeChange {
  /** The node. */
  readonly name: string;
  /** Files that it gets, or whose content changes. */
  readonly written: readonly NodeFile[];
  /** Files that go. */
  readonly removed: readonly string[];
}

const CONTAINERD_PATH = "/var/lib/rancher/k3s/agent/etc/containerd";
const MAX_BYTES = 1024 * 1024;

/**
 * Reads what a node says about registries, whether it runs or is stopped.
 *
 * @throws {DockerError} When Docker fails.
 */
export async function readNodeRegistries(
  cli: DockerCli,
  node: NodeInfo,
  options: CallOptions = {},
): Promise<NodeRegistries> {
  const [own, containerd, manifest] = await settle([
    readFiles(cli, node.name, REGISTRIES_PATH, options),
    readFiles(cli, node.name, CONTAINERD_PATH, options),
    node.role === "server"
      ? readFiles(cli, node.name, HOSTING_PATH, options)
      : Promise.resolve(new Map<string, string>()),
  ]);
  const config = [...containerd].find(([path]) => path === `${CONTAINERD_PATH}/config.toml`)?.[1];
  return {
    node,
    files: new Map([...own, ...containerd, ...manifest]),
    isLive: node.state === "running" && /^\s*config_path\s*=\s*["'][^"']/m.test(config ?? ""),
  };
}

/**
 * The file by which a node tells k3s of registries, for a node that is to be like it; none when there
 * is none.
 *
 * @throws {DockerError} When Docker fails.
 */
export async function readRegistriesFile(
  cli: DockerCli,
  node: string,
  options: CallOptions = {},
): Promise<readonly NodeFile[]> {
  const files = await readFiles(cli, node, REGISTRIES_PATH, options);
  return [...files].map(([path, content]) => ({ path, content, mode: 0o600 }));
}

/**
 * What makes a registry known to a node. What its containerd reads at each pull changes too while it
 * runs; else k3s writes that at its next start.
 *
 * @throws {SpecError} When its `registries.yaml` is none.
 */
export async function additionFor(
  { node, files, isLive }: NodeRegistries,
  registry: RegistryEndpoint,
): Promise<NodeChange> {
  const before = files.get(REGISTRIES_PATH);
  const after = await addMirrors([registry], before, `${REGISTRIES_PATH} of "${node.name}"`);
  const hosts = (isLive ? mirroredNames(registry) : []).map((name): NodeFile => ({
    path: hostsPath(name),
    content: addHost(files.get(hostsPath(name)), name, endpointUrl(registry)),
  }));
  const written = [{ path: REGISTRIES_PATH, content: after, mode: 0o600 }, ...hosts];
  return {
    name: node.name,
    written: written.filter(({ path, content }) => files.get(path) !== content),
    removed: [],
  };
}

/**
 * What makes a registry unknown to a node again.
 *
 * @throws {SpecError} When its `registries.yaml` is none.
 */
export async function removalFor(
  { node, files, isLive }: NodeRegistries,
  registry: RegistryEndpoint,
): Promise<NodeChange> {
  const before = files.get(REGISTRIES_PATH);
  const path = `${REGISTRIES_PATH} of "${node.name}"`;
  const after = before === undefined ? undefined : await removeMirrors(registry, before, path);
  const written: NodeFile[] = after === undefined || after === before
    ? []
    : [{ path: REGISTRIES_PATH, content: after, mode: 0o600 }];
  const removed: string[] = [];
  for (const [file, text] of isLive ? files : []) {
    if (!file.endsWith("/hosts.toml")) continue;
    const left = removeHost(text, endpointUrl(registry));
    if (left === undefined) removed.push(file);
    else if (left !== text) written.push({ path: file, content: left });
  }
  return { name: node.name, written, removed };
}

/** Carries out a change of a node's files. */
export function changeNode({ name, written, removed }: NodeChange): Chain {
  return [
    ...(written.length === 0 ? [] : [putFiles({ name }, written)]),
    ...(removed.length === 0 ? [] : [{
      act: `remove files of "${name}"`,
      args: ["exec", name, "rm", "-f", ...removed],
    }]),
  ];
}

/** The change that takes another one back. @param files What was there before. */
export function inverseOf(
  { name, written, removed }: NodeChange,
  files: ReadonlyMap<string, string>,
): NodeChange {
  const paths = [...written.map(({ path }) => path), ...removed];
  return {
    name,
    written: paths.flatMap((path) => {
      const content = files.get(path);
      return content === undefined ? [] : [{ path, content, ...modeOf(path) }];
    }),
    removed: written.map(({ path }) => path).filter((path) => !files.has(path)),
  };
}

function modeOf(path: string): Pick<NodeFile, "mode"> {
  return path === REGISTRIES_PATH ? { mode: 0o600 } : {};
}

/** The text files at a path of a container, and below it; none where there is nothing. */
async function readFiles(
  cli: DockerCli,
  container: string,
  path: string,
  options: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  const act = `read "${path}" of "${container}"`;
  const parent = path.slice(0, path.lastIndexOf("/"));
  const files = new Map<string, string>();
  await using process = cli.spawn(["cp", `${container}:${path}`, "-"], { act });
  await process.stdin.close();
  for await (const entry of readTar(process.stdout, options)) {
    if (entry.header.type !== "file") continue;
    const text = new TextDecoder().decode(await entry.bytes(MAX_BYTES));
    files.set(`${parent}/${entry.header.name.replace(/^\.?\//, "")}`, text);
  }
  try {
    await process.finished(options);
  } catch (error) {
    const isMissing = error instanceof DockerError &&
      /could not find the file|no such file|no such container:path|not found/i.test(error.message);
    if (!isMissing) throw error;
  }
  return files;
}
