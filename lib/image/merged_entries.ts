import type { Layer } from "../layer/layer.ts";
import { whiteout } from "../layer/whiteout.ts";
import { abortable } from "../stream/abortable.ts";
import type { TarHeader } from "../tar/entry.ts";
import { readTar } from "../tar/read_tar.ts";
import type { TarInput } from "../tar/write_tar.ts";
import type { KeptTars } from "./kept_tars.ts";
import type { Inode, TreeNode } from "./merged_tree.ts";
import type { ReadTrees } from "./read_tree.ts";

/** What is written of a filesystem. */
export interface MergedPlan {
  /** Files below the split that are gone above it. */
  readonly removed: readonly string[];
  /** What stands in the layers, by layer and ordinal. */
  readonly placed: ReadonlyMap<number, ReadonlyMap<number, TreeNode>>;
  /** Further names of files, each with the first. */
  readonly links: readonly (readonly [name: TreeNode, first: TreeNode])[];
  /** Directories, parents first. */
  readonly directories: readonly TreeNode[];
}

/**
 * Decides what is written of the layers from `split` on: what they named, and what they removed of
 * the filesystem below.
 */
export function planMerge({ whole, lower }: ReadTrees, split: number): MergedPlan {
  const placed = new Map<number, Map<number, TreeNode>>();
  const links: (readonly [TreeNode, TreeNode])[] = [];
  const directories: TreeNode[] = [];
  const firstNames = split > 0 ? namesBelow(whole.nodes(), split) : new Map<Inode, TreeNode>();
  for (const node of whole.nodes()) {
    if (node.layer < split) continue;
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
  const removed = [...whole.missing(lower)].map(({ path }) => path).sort();
  return { removed, placed, links, directories };
}

/** The names that files keep in the layers below: what lies above can link to them. */
function namesBelow(nodes: Iterable<TreeNode>, split: number): Map<Inode, TreeNode> {
  const names = new Map<Inode, TreeNode>();
  for (const node of nodes) {
    if (node.layer < split && !names.has(node.inode)) names.set(node.inode, node);
  }
  return names;
}

/** What {@linkcode mergedEntries} reads from. */
export interface MergedSource {
  readonly layers: readonly Layer[];
  readonly kept: KeptTars;
  readonly offsets: ReadTrees["offsets"];
  readonly signal?: AbortSignal | undefined;
}

/**
 * The entries of a plan, in the order in which they are written: whiteouts, the files of each layer
 * in its order, links.
 *
 * @param directories Where directories stand. Whatever unpacks a layer sees to their times; the
 * tools that unpack an export may not, so there a directory comes when nothing follows in it.
 */
export async function* mergedEntries(
  { removed, placed, links, directories }: MergedPlan,
  source: MergedSource,
  order: { readonly directories: "first" | "last" },
): AsyncGenerator<TarInput> {
  for (const path of removed) yield { header: whiteoutHeader(path) };
  if (order.directories === "first") yield* directories.map(toInput);
  for (const position of source.layers.keys()) {
    const wanted = placed.get(position);
    if (wanted === undefined) continue;
    if (source.kept.has(position)) yield* keptEntries(wanted, position, source);
    else yield* readEntries(wanted, position, source);
  }
  for (const [node, { path }] of links) {
    yield { header: { ...headerOf(node), type: "hardlink", linkName: path, size: 0 } };
  }
  if (order.directories === "last") yield* directories.toReversed().map(toInput);
}

function* keptEntries(
  wanted: ReadonlyMap<number, TreeNode>,
  position: number,
  { kept, offsets }: MergedSource,
): Generator<TarInput> {
  const ordinals = [...wanted.keys()].sort((a, b) => a - b);
  for (const ordinal of ordinals) {
    const node = wanted.get(ordinal);
    if (node === undefined) continue;
    const header = headerOf(node);
    const { size } = header;
    const offset = offsets[position]?.[ordinal] ?? 0;
    yield size === 0 ? { header } : { header, body: kept.read(position, { offset, size }) };
  }
}

async function* readEntries(
  wanted: ReadonlyMap<number, TreeNode>,
  position: number,
  { layers, signal }: MergedSource,
): AsyncGenerator<TarInput> {
  const tar = layers[position]?.uncompressed();
  if (tar === undefined) return;
  let ordinal = 0;
  for await (const entry of readTar(abortable(tar, signal))) {
    const node = wanted.get(ordinal++);
    if (node === undefined) continue;
    const header = headerOf(node);
    yield header.size === 0 ? { header } : { header, body: () => entry.body() };
  }
}

function toInput(node: TreeNode): TarInput {
  return { header: headerOf(node) };
}

function headerOf({ inode, path }: TreeNode): TarHeader {
  return { ...inode.header, name: path };
}

function whiteoutHeader(path: string): TarHeader {
  const name = whiteout(path).path;
  return { type: "file", name, size: 0, mode: 0, uid: 0, gid: 0, mtime: 0 };
}
