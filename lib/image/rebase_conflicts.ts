import type { CallOptions } from "../layer/content_source.ts";
import { parentsOf } from "../layer/entry_path.ts";
import type { Layer } from "../layer/layer.ts";
import type { EntryType } from "../tar/entry.ts";
import { digestBytes } from "../oci/digest.ts";
import { measure } from "../stream/measure.ts";
import { type ConfigConflict, configConflicts } from "./config_conflicts.ts";
import type { Image } from "./image.ts";
import { KeptTars } from "./kept_tars.ts";
import { planMerge } from "./merged_entries.ts";
import type { MergedTree, TreeNode } from "./merged_tree.ts";
import { type Bases, findDifference } from "./rebase.ts";
import { type ReadTrees, readTrees } from "./read_tree.ts";
import { DocumentError } from "../errors.ts";

/** What a side did to a path. */
export type PathChange = "added" | "changed" | "removed";

/** A path that both the image and the new base changed, compared with the old base. */
export interface PathConflict {
  /** The path, without a leading `/`. */
  readonly path: string;
  /** What the image's own layers did to it. */
  readonly image: PathChange;
  /** What the new base did to it. */
  readonly base: PathChange;
}

/** What may go wrong when an image is rebased. */
export interface RebaseConflicts {
  /** Paths that both sides changed: the image's own layers win. */
  readonly paths: readonly PathConflict[];
  /** What the new base starts otherwise, and the image will not. */
  readonly config: readonly ConfigConflict[];
}

/**
 * Finds what both an image's own layers and its new base changed, before it is rebased. Times do not
 * count. The layers of the image and of the new base are read once each.
 *
 * @throws {DocumentError} When the image is not based on the old base.
 */
export async function findConflicts(
  image: Image,
  bases: Bases,
  options: CallOptions = {},
): Promise<RebaseConflicts> {
  const { oldBase, newBase } = bases;
  if (await findDifference(image, oldBase) !== undefined) {
    throw new DocumentError(
      `Cannot compare "${(await image.descriptor()).digest}" with its base: it is not based on ` +
        `"${(await oldBase.descriptor()).digest}"`,
    );
  }
  const split = (await oldBase.layers()).length;
  using own = new KeptTars();
  using other = new KeptTars();
  const [layers, newLayers] = [await image.layers(), await newBase.layers()];
  const mine = await readTrees(layers, { ...options, kept: own, split });
  const fresh = await readTrees(newLayers, { ...options, kept: other });
  const before = { layers, tree: mine.lower, kept: own, offsets: mine.offsets };
  const after = { layers: newLayers, tree: fresh.whole, kept: other, offsets: fresh.offsets };
  const paths: PathConflict[] = [];
  const changes = touched(mine, split);
  for (const [path, change] of changes) {
    const base = await changeOf(path, before, after, change === "removed");
    if (base !== undefined) paths.push({ path, image: change, base });
  }
  for (const path of new Set([...changes.keys()].flatMap((path) => [...parentsOf(path)]))) {
    const isGone = typeAt(before, path) === "directory" && typeAt(after, path) !== "directory";
    if (changes.has(path) || !isGone || after.tree.at(path) === undefined) continue;
    paths.push({ path, image: "changed", base: "changed" });
  }
  const config = configConflicts(
    await oldBase.config(),
    await newBase.config(),
    await image.config(),
  );
  return { paths: paths.sort((a, b) => a.path < b.path ? -1 : 1), config };
}

function typeAt({ tree }: Side, path: string): EntryType | undefined {
  return tree.at(path)?.inode.header.type;
}

/** What the image's own layers did, by path. */
function touched(trees: ReadTrees, split: number): ReadonlyMap<string, PathChange> {
  const { removed, placed, links, directories } = planMerge(trees, split);
  const changes = new Map<string, PathChange>();
  const nodes = [
    ...[...placed.values()].flatMap(({ named, renamed }) => [
      ...named.values(),
      ...renamed.values(),
    ]),
    ...links.map(([node]) => node),
    ...directories,
  ];
  for (const { path } of nodes) {
    const name = path.replace(/\/$/, "");
    changes.set(name, trees.lower.at(name) === undefined ? "added" : "changed");
  }
  for (const path of removed) changes.set(path.replace(/\/$/, ""), "removed");
  return changes;
}

/** One of the two bases. */
interface Side {
  readonly layers: readonly Layer[];
  readonly tree: MergedTree;
  readonly kept: KeptTars;
  readonly offsets: ReadTrees["offsets"];
}

async function changeOf(
  path: string,
  before: Side,
  after: Side,
  isDeep: boolean,
): Promise<PathChange | undefined> {
  const [old, now] = [before.tree.at(path), after.tree.at(path)];
  if (old === undefined && now === undefined) return undefined;
  if (now === undefined) return "removed";
  if (old === undefined) return "added";
  if (!await isSame([old, before], [now, after])) return "changed";
  if (!isDeep || old.inode.header.type !== "directory") return undefined;
  const names = (side: Side) => [...side.tree.below(path)].map((node) => node.path);
  for (const name of new Set([...names(before), ...names(after)])) {
    if (await changeOf(name, before, after, false) !== undefined) return "changed";
  }
  return undefined;
}

async function isSame(
  [old, before]: readonly [TreeNode, Side],
  [now, after]: readonly [TreeNode, Side],
): Promise<boolean> {
  const fields = ["type", "size", "mode", "uid", "gid", "linkName"] as const;
  const [one, other] = [old.inode.header, now.inode.header];
  if (fields.some((field) => one[field] !== other[field])) return false;
  if (one.type !== "file" || one.size === 0) return true;
  if (await isSameEntry([old, before], [now, after])) return true;
  return await hashOf(old, before) === await hashOf(now, after);
}

/** Bases often share their lowest layers. */
async function isSameEntry(
  [old, before]: readonly [TreeNode, Side],
  [now, after]: readonly [TreeNode, Side],
): Promise<boolean> {
  const [one, other] = [old.inode.place, now.inode.place];
  if (one.ordinal !== other.ordinal) return false;
  const digests = [before.layers[one.layer], after.layers[other.layer]].map((layer) =>
    layer?.diffId()
  );
  const [first, second] = await Promise.all(digests);
  return first === second;
}

/** What could not be kept is taken for different. */
async function hashOf({ inode }: TreeNode, { kept, offsets }: Side): Promise<string> {
  const { header: { size }, place: { layer, ordinal } } = inode;
  if (!kept.has(layer)) return crypto.randomUUID();
  const offset = offsets[layer]?.[ordinal] ?? 0;
  const body = kept.read(layer, { offset, size });
  if (body instanceof Uint8Array) return await digestBytes(body);
  return await hashStream(body());
}

async function hashStream(stream: ReadableStream<Uint8Array>): Promise<string> {
  const { stream: bytes, done } = measure(stream);
  await bytes.pipeTo(new WritableStream());
  return (await done).digest;
}
