import { TOKEN_PATH } from "./arrange_nodes.ts";
import { balancerFile } from "./balancer_routes.ts";
import type { NodeIdentity } from "./node_filter.ts";
import type { ClusterNode, NodeFile } from "./node.ts";
import { digestOf, readFiles } from "./read_files.ts";
import { ValueSelector } from "./select_values.ts";
import type { ClusterSpec } from "./spec.ts";
import { randomToken } from "./token.ts";
import { expandShortcut } from "./volume_mount.ts";

/** What files of a cluster hold that its spec does not say. */
export interface FileContents {
  /** The secret by which nodes join. */
  readonly token: string;
  /** What the files of the spec hold, in their order. */
  readonly files: readonly (string | Uint8Array)[];
  /** Their digests, so that a label can tell whether they have changed. */
  readonly digests: readonly string[];
}

/**
 * The files that a node has before it starts: its secret, or the configuration of a load balancer;
 * then those of the spec.
 *
 * @param nodes All nodes of the cluster.
 * @throws {SyntaxError} For a filter that means nothing, and a place that is not absolute.
 */
export function filesOf(
  node: ClusterNode,
  nodes: readonly ClusterNode[],
  { spec, contents }: { readonly spec: ClusterSpec; readonly contents: FileContents },
): readonly NodeFile[] {
  return [ownFile(node, nodes, contents), ...userFilesOf(node, nodes, { spec, contents })];
}

/**
 * The files of the spec that a node has.
 *
 * @param nodes All nodes of the cluster.
 */
export function userFilesOf(
  node: NodeIdentity,
  nodes: readonly NodeIdentity[],
  { spec, contents }: { readonly spec: ClusterSpec; readonly contents: FileContents },
): readonly NodeFile[] {
  return filesFor(node, nodes, spec).map(([path, index]) => (
    { path, content: contents.files[index] ?? "" }
  ));
}

/**
 * Reads what the files of a spec hold.
 *
 * @param directory What relative paths start from.
 * @throws {FileError} When there is no such file.
 */
export async function contentsOf(
  spec: ClusterSpec,
  directory: string = ".",
): Promise<FileContents> {
  const files = await readFiles(spec.files ?? [], directory);
  const digests = await Promise.all(files.map(digestOf));
  return { token: spec.token ?? randomToken(), files, digests };
}

/**
 * The node with what its label tells of the files of the spec.
 *
 * @param nodes All nodes of the cluster.
 */
export function withDigests<T extends NodeIdentity>(
  node: T,
  nodes: readonly NodeIdentity[],
  { spec, contents }: { readonly spec: ClusterSpec; readonly contents: FileContents },
): T & Pick<ClusterNode, "files"> {
  const files = filesFor(node, nodes, spec).map((
    [path, index],
  ) => [path, contents.digests[index] ?? ""]);
  return files.length === 0 ? node : { ...node, files: Object.fromEntries(files) };
}

/** Where a node has which of the spec's files. */
function filesFor(
  node: NodeIdentity,
  nodes: readonly NodeIdentity[],
  { files = [] }: ClusterSpec,
): readonly (readonly [path: string, index: number])[] {
  const wanted = new Set(new ValueSelector(nodes).select(files, node));
  return files.flatMap((file, index) =>
    wanted.has(file) ? [[placeOf(file.destination), index] as const] : []
  );
}

function ownFile(
  node: ClusterNode,
  nodes: readonly ClusterNode[],
  { token }: FileContents,
): NodeFile {
  if (node.role !== "loadbalancer") return { path: TOKEN_PATH, content: token, mode: 0o600 };
  return balancerFile(node, nodes);
}

function placeOf(destination: string): string {
  const path = expandShortcut(destination);
  if (path.startsWith("/") && !path.split("/").includes("..")) return path;
  throw new SyntaxError(
    `Cannot put a file at "${destination}": expected an absolute path, or one below k3s-manifests`,
  );
}
