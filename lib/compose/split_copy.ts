import { readTreeRules } from "../layer/tree_rules.ts";
import { walkTree } from "../layer/walk_tree.ts";
import type { CopySpec } from "./spec.ts";
import { classOf, type PartWords, toTreePart } from "./tree_class.ts";

/** A layer of a part of a directory. */
export interface CopyPartSpec extends Omit<CopySpec, "split"> {
  /** The part; all of it when absent. */
  readonly part?: PartWords;
}

/** A layer is worth its request from so many bytes on; what is smaller goes with the sources. */
const WORTH_A_LAYER = 1024 * 1024;
/** Packages are parted until each part is no larger than this, in bytes, or there are too many. */
const SHARE_BYTES = 32 * 1024 * 1024;
/** How many layers one directory becomes at most. */
const MAX_LAYERS = 6;

/** What of a tree decides how it is split: its sources are what is left. */
export const DECIDING: PartWords = { classes: ["dependencies", "generated"] };

/**
 * Splits a directory into layers by how often their files change: dependencies, in several shares when
 * they are large, what builds generate, and sources last. What is small stays with the sources, and a
 * directory of nothing else stays one layer.
 *
 * It goes by names and sizes, so that the same files are always split in the same way.
 *
 * @param path Where the directory lies.
 * @throws {FileError} For what cannot be looked at.
 */
export async function splitCopy(
  { split, ...spec }: CopySpec,
  path: string,
): Promise<readonly CopyPartSpec[]> {
  if (split !== "auto" || !(await Deno.stat(path)).isDirectory) return [spec];
  const sizes = { dependencies: 0, generated: 0, sources: 0 };
  const rules = await readTreeRules({ ...spec, part: toTreePart(DECIDING) });
  for (const file of walkTree(path, rules)) sizes[classOf(file.path)] += file.size;
  const parts: PartWords[] = [];
  const rest: PartWords["classes"][number][] = ["sources"];
  if (sizes.dependencies >= WORTH_A_LAYER) {
    const of = Math.min(MAX_LAYERS - 2, Math.ceil(sizes.dependencies / SHARE_BYTES));
    for (let index = 0; index < of; index++) {
      parts.push({ classes: ["dependencies"], ...(of > 1 ? { share: { index, of } } : {}) });
    }
  } else rest.unshift("dependencies");
  if (sizes.generated >= WORTH_A_LAYER) parts.push({ classes: ["generated"] });
  else rest.push("generated");
  if (parts.length === 0) return [spec];
  return [...parts, { classes: rest.sort() }].map((part) => ({ ...spec, part }));
}
