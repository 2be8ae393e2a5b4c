import type { Layer } from "../layer/layer.ts";
import { whiteout } from "../layer/whiteout.ts";
import { abortable } from "../stream/abortable.ts";
import type { TarHeader } from "../tar/entry.ts";
import { readTar } from "../tar/read_tar.ts";
import type { TarInput } from "../tar/write_tar.ts";
import type { KeptTars } from "./kept_tars.ts";
import { cleanPath, type Inode, type MergedTree, type TreeNode } from "./merged_tree.ts";
import type { ReadTrees } from "./read_tree.ts";

/** What is written of a filesystem. */
export interface MergedPlan {
  /** Files below the split that are gone above it. */
  readonly removed: readonly string[];
  /** What stands in the layers, by layer. */
  readonly placed: ReadonlyMap<number, PlacedFiles>;
  /** Further names of files, each with the first. */
  readonly links: readonly (readonly [name: TreeNode, first: TreeNode])[];
  /** Directories, parents first. */
  readonly directories: readonly TreeNode[];
}

/** Files whose content stands in one layer, by the ordinal of their entries. */
export interface PlacedFiles {
  /** Files that are written under the names of their entries. */
  readonly named: Map<number, TreeNode>;
  /** Files that only other names are left of, or whose names lead through a symbolic link. */
  readonly renamed: Map<number, TreeNode>;
}

/**
 * Decides what is written of the layers from `split` on: what they named, and what they removed of
 * the filesystem below.
 */
export function planMerge(
  { whole, lower }: Pick<ReadTrees, "whole" | "lower">,
  split: number,
): MergedPlan {
  const placed = new Map<number, PlacedFiles>();
  const links: (readonly [TreeNode, TreeNode])[] = [];
  const directories: TreeNode[] = [];
  const firstNames = firstNamesOf(whole, split);
  for (const node of whole.nodes()) {
    if (node.layer < split) continue;
    const { inode } = node;
    const { header, place } = inode;
    const first = firstNames.get(inode);
    if (header.type === "directory") {
      directories.push(node);
    } else if (first === undefined || first === node) {
      firstNames.set(inode, node);
      const files = placed.get(place.layer) ?? { named: new Map(), renamed: new Map() };
      placed.set(place.layer, files);
      files[hasOwnName(node) ? "named" : "renamed"].set(place.ordinal, node);
    } else {
      links.push([node, first]);
    }
  }
  const removed = [...whole.missing(lower)].map(({ path }) => path).sort();
  return { removed, placed, links, directories };
}

/**
 * The names that files are written under, of those that have several: a name that they keep in the
 * layers below the split, which what lies above can link to; or else the name of their entry.
 */
function firstNamesOf(whole: MergedTree, split: number): Map<Inode, TreeNode> {
  const names = new Map<Inode, TreeNode>();
  for (const node of whole.nodes()) {
    if (node.inode.header.type === "directory") continue;
    const isBelow = node.layer < split && !names.has(node.inode);
    if (isBelow || node.inode.place.layer >= split && hasOwnName(node)) {
      names.set(node.inode, node);
    }
  }
  return names;
}

function hasOwnName({ path, layer, inode: { header, place } }: TreeNode): boolean {
  return layer === place.layer && path === cleanPath(header.name);
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
 * in its order (those under the names of their entries, then the others), links.
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
    const { named, renamed } = placed.get(position) ?? {};
    if (named !== undefined) yield* filesOf(named, position, source);
    if (renamed !== undefined) yield* filesOf(renamed, position, source);
  }
  for (const [node, { path }] of links) {
    yield { header: { ...headerOf(node), type: "hardlink", linkName: path, size: 0 } };
  }
  if (order.directories === "last") yield* directories.toReversed().map(toInput);
}

function filesOf(
  wanted: ReadonlyMap<number, TreeNode>,
  position: number,
  source: MergedSource,
): Iterable<TarInput> | AsyncIterable<TarInput> {
  if (wanted.size === 0) return [];
  const isKept = source.kept.has(position);
  return isKept ? keptEntries(wanted, position, source) : readEntries(wanted, position, source);
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
