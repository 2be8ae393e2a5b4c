import type { CallOptions } from "../layer/content_source.ts";
import { conclude } from "../layer/conclude.ts";
import type { Layer } from "../layer/layer.ts";
import { writeTar } from "../tar/write_tar.ts";
import { KeptTars } from "./kept_tars.ts";
import { mergedEntries, planMerge } from "./merged_entries.ts";
import { readTrees } from "./read_tree.ts";

/** Options of everything that reads layers to merge them. */
export interface MergeOptions extends CallOptions {
  /** Whether tars may lie in a temporary file, so that layers are read once; they may unless said. */
  readonly keep?: boolean;
}

/** Options of {@linkcode mergedTar}. */
export interface MergedTarOptions extends MergeOptions {
  /** Where directories stand in the tar: before all that is in them, or after it. */
  readonly directories: "first" | "last";
  /** The first of the layers that are merged, from 0; what lies below is only hidden. */
  readonly split?: number;
}

/**
 * Merges layers into one tar: each is fetched and decompressed once and kept in a temporary file, as
 * far as there is room. Memory grows with the number of entries only.
 */
export async function mergedTar(
  layers: readonly Layer[],
  { directories, split = 0, keep, signal }: MergedTarOptions,
): Promise<ReadableStream<Uint8Array>> {
  const kept = new KeptTars(keep);
  try {
    const trees = await readTrees(layers, { kept, split, ...(signal && { signal }) });
    const source = { layers, kept, offsets: trees.offsets, signal };
    const tar = writeTar(mergedEntries(planMerge(trees, split), source, { directories }));
    return conclude(tar, {
      end: () => Promise.resolve(kept[Symbol.dispose]()),
      fail: () => kept[Symbol.dispose](),
    });
  } catch (error) {
    kept[Symbol.dispose]();
    throw error;
  }
}
