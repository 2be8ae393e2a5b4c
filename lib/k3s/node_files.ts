import { TOKEN_PATH } from "./arrange_nodes.ts";
import { balancerFile } from "./balancer_routes.ts";
import type { ClusterNode, NodeFile } from "./node.ts";
import { ValueSelector } from "./select_values.ts";
import type { ClusterSpec } from "./spec.ts";
import { expandShortcut } from "./volume_mount.ts";

/** What files of a cluster hold that its spec does not say. */
export interface FileContents {
  /** The secret by which nodes join. */
  readonly token: string;
  /** What the files of the spec hold, in their order. */
  readonly files: readonly (string | Uint8Array)[];
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
  const selector = new ValueSelector(nodes);
  const wanted = new Set(selector.select(spec.files, node));
  const files = (spec.files ?? []).flatMap((file, index): NodeFile[] => {
    const content = contents.files[index];
    if (!wanted.has(file) || content === undefined) return [];
    return [{ path: placeOf(file.destination), content }];
  });
  return [ownFile(node, nodes, contents), ...files];
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
