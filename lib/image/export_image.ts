import type { CallOptions } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import { parseWhiteout, type Whiteout } from "../layer/whiteout.ts";
import { readTar, type TarEntry } from "../tar/read_tar.ts";
import { type TarInput, writeTar } from "../tar/write_tar.ts";
import type { TarHeader } from "../tar/entry.ts";
import type { Image } from "./image.ts";
import { abortable } from "../stream/abortable.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import { type EntryPlace, type Inode, MergedTree, type TreeNode } from "./merged_tree.ts";
import { DocumentError, TarError } from "../errors.ts";

/**
 * Writes the filesystem that a container of an image starts with, as one tar. Whiteouts and opaque
 * markers hide what the layers below brought and are gone themselves; hard links stay links to one
 * file, whichever of its names is left; owners, modes, times and extended attributes are kept.
 *
 * The layers are read twice: once for what is left, once for the content. Entries come file by
 * file in the layers' order, then links, then directories from the deepest up, so that whatever
 * unpacks them can set the directories' times last. Memory grows with the number of entries only.
 *
 * @throws {DocumentError} For a layer that is no tar, an entry that leads out of the root, a path
 * longer than Linux has, or a link to nothing.
 * @throws {LimitExceededError} Beyond four million files and directories.
 * @example
 * ```ts
 * import { appendLayers, emptyImage, exportImage } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 *
 * const layer = layerFromEntries([{ path: "etc/motd", content: "ahoy" }]);
 * const tar = await exportImage(appendLayers(emptyImage(), [layer]));
 * await tar.cancel();
 * ```
 */
export async function exportImage(
  image: Image,
  options: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  const { signal } = options;
  const layers = await untilAborted(image.layers(), signal);
  const tree = new MergedTree();
  for (const [position, layer] of layers.entries()) {
    try {
      await applyLayer(tree, layer, position, signal);
    } catch (error) {
      throw naming(layer.descriptor?.digest ?? `${position + 1} of ${layers.length}`, error);
    }
  }
  return writeTar(mergedEntries(layers, planOf(tree), signal));
}

/** Says of what is wrong with a layer which layer it is. */
function naming(layer: string, error: unknown): unknown {
  if (!(error instanceof DocumentError || error instanceof TarError)) return error;
  const why = error.message.replace(/^C/, "c");
  return new DocumentError(`Cannot export layer "${layer}": ${why}`, { cause: error });
}

async function applyLayer(
  tree: MergedTree,
  layer: Layer,
  position: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const added: [TarHeader, EntryPlace][] = [];
  let ordinal = 0;
  for await (const { header } of readTar(abortable(layer.uncompressed(), signal))) {
    const place = { layer: position, ordinal: ordinal++ };
    const marker = parseWhiteout(header.name);
    if (marker === undefined) added.push([header, place]);
    else hide(tree, marker);
  }
  for (const [header, place] of added) tree.add(header, place);
}

function hide(tree: MergedTree, marker: Whiteout): void {
  if (marker.kind === "whiteout") tree.remove(marker.path);
  if (marker.kind === "opaque") tree.empty(marker.directory);
}

/** What is written, and when. */
interface Plan {
  /** What stands in the layers, by layer and ordinal. */
  readonly placed: ReadonlyMap<number, ReadonlyMap<number, TreeNode>>;
  /** Further names of files, each with the first. */
  readonly links: readonly (readonly [name: TreeNode, first: TreeNode])[];
  /** Directories, the deepest first. */
  readonly directories: readonly TreeNode[];
}

function planOf(tree: MergedTree): Plan {
  const placed = new Map<number, Map<number, TreeNode>>();
  const links: (readonly [TreeNode, TreeNode])[] = [];
  const directories: TreeNode[] = [];
  const firstNames = new Map<Inode, TreeNode>();
  for (const node of tree.nodes()) {
    const { inode } = node;
    const { header, place } = inode;
    const first = firstNames.get(inode);
    if (header.type === "directory") {
      directories.push(node);
    } else if (first === undefined) {
      firstNames.set(inode, node);
      const ofLayer = placed.get(place.layer) ?? new Map<number, TreeNode>();
      placed.set(place.layer, ofLayer.set(place.ordinal, node));
    } else {
      links.push([node, first]);
    }
  }
  return { placed, links, directories: directories.reverse() };
}

async function* mergedEntries(
  layers: readonly Layer[],
  plan: Plan,
  signal: AbortSignal | undefined,
): AsyncGenerator<TarInput> {
  for (const [position, layer] of layers.entries()) {
    const wanted = plan.placed.get(position);
    if (wanted === undefined) continue;
    let ordinal = 0;
    for await (const entry of readTar(abortable(layer.uncompressed(), signal))) {
      const node = wanted.get(ordinal++);
      if (node !== undefined) yield withBody(headerOf(node), entry);
    }
  }
  for (const [node, { path }] of plan.links) {
    yield { header: { ...headerOf(node), type: "hardlink", linkName: path, size: 0 } };
  }
  for (const node of plan.directories) yield { header: headerOf(node) };
}

function headerOf({ inode, path }: TreeNode): TarHeader {
  return { ...inode.header, name: path };
}

function withBody(header: TarHeader, entry: TarEntry): TarInput {
  return header.size === 0 ? { header } : { header, body: () => entry.body() };
}
