import type { CallOptions } from "../layer/content_source.ts";
import { comparePaths } from "../layer/entry_path.ts";
import type { Layer } from "../layer/layer.ts";
import { parseWhiteout, type Whiteout } from "../layer/whiteout.ts";
import { readTar, type TarEntry } from "../tar/read_tar.ts";
import { type TarInput, writeTar } from "../tar/write_tar.ts";
import type { TarHeader } from "../tar/entry.ts";
import type { Image } from "./image.ts";
import { type EntryPlace, type Inode, MergedTree } from "./merged_tree.ts";

/**
 * Writes the filesystem that a container of an image starts with, as one tar. Whiteouts and opaque
 * markers hide what the layers below brought and are gone themselves; hard links stay links to one
 * file, whichever of its names is left; owners, modes, times and extended attributes are kept.
 *
 * The layers are read twice: once for what is left, once for the content. Entries come file by
 * file in the layers' order, then links, then directories from the deepest up, so that whatever
 * unpacks them can set the directories' times last. Memory grows with the number of entries only.
 *
 * @throws {DocumentError} For an entry that leads out of the root, or a link to nothing.
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
  const layers = await image.layers();
  const tree = new MergedTree();
  for (const [position, layer] of layers.entries()) {
    await applyLayer(tree, layer, position, options.signal);
  }
  return writeTar(mergedEntries(layers, planOf(tree)));
}

async function applyLayer(
  tree: MergedTree,
  layer: Layer,
  position: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const added: [TarHeader, EntryPlace][] = [];
  let ordinal = 0;
  for await (const { header } of readTar(layer.uncompressed())) {
    signal?.throwIfAborted();
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
  /** Headers of what stands in the layers, by layer and ordinal. */
  readonly placed: ReadonlyMap<number, ReadonlyMap<number, TarHeader>>;
  /** Further names of files. */
  readonly links: readonly TarHeader[];
  /** Directories, the deepest first. */
  readonly directories: readonly TarHeader[];
}

function planOf(tree: MergedTree): Plan {
  const placed = new Map<number, Map<number, TarHeader>>();
  const links: TarHeader[] = [];
  const directories: TarHeader[] = [];
  const firstNames = new Map<Inode, string>();
  for (const [name, inode] of [...tree.entries()].sort(([a], [b]) => comparePaths(a, b))) {
    const { header, place } = inode;
    const first = firstNames.get(inode);
    if (header.type === "directory") {
      directories.unshift({ ...header, name });
    } else if (first === undefined) {
      firstNames.set(inode, name);
      const ofLayer = placed.get(place.layer) ?? new Map<number, TarHeader>();
      placed.set(place.layer, ofLayer.set(place.ordinal, { ...header, name }));
    } else {
      links.push({ ...header, name, type: "hardlink", linkName: first, size: 0 });
    }
  }
  return { placed, links, directories };
}

async function* mergedEntries(layers: readonly Layer[], plan: Plan): AsyncGenerator<TarInput> {
  for (const [position, layer] of layers.entries()) {
    const wanted = plan.placed.get(position);
    if (wanted === undefined) continue;
    let ordinal = 0;
    for await (const entry of readTar(layer.uncompressed())) {
      const header = wanted.get(ordinal++);
      if (header !== undefined) yield withBody(header, entry);
    }
  }
  for (const header of plan.links) yield { header };
  for (const header of plan.directories) yield { header };
}

function withBody(header: TarHeader, entry: TarEntry): TarInput {
  return header.size === 0 ? { header } : { header, body: () => entry.body() };
}
