import type { Layer } from "../layer/layer.ts";
import { fingerprintTree } from "../layer/tree_fingerprint.ts";
import { digestBytes } from "../oci/digest.ts";
import { CachedLayer } from "./cached_layer.ts";
import type { ComposeLayerOptions, OneLayerSpec } from "./compose_layer.ts";
import type { LayerCache } from "./layer_cache.ts";
import type { TarSpec } from "./spec.ts";
import type { CopyPartSpec } from "./split_copy.ts";
import { toTreePart } from "./tree_class.ts";

/** Changes when the same inputs come to give other bytes. */
const FORMAT = 1;

/**
 * Makes a layer one that the cache may know already. Layers whose content stands in the spec stay as
 * they are: there is nothing to be saved.
 *
 * @throws {FileError} For inputs that cannot be looked at.
 */
export async function recallLayer(
  spec: OneLayerSpec,
  layer: Layer,
  { cache, locate, mtime, compression = "gzip", level }: ComposeLayerOptions & {
    /** Where it may be known. */
    readonly cache: LayerCache;
  },
): Promise<Layer> {
  if ("remove" in spec || "files" in spec) return layer;
  const { path, recipe, rules } = inputsOf(spec);
  const { digest: inputs, isSettled } = await fingerprintTree(locate(path), {
    ...rules,
    now: cache.now,
  });
  const made = [FORMAT, Deno.version.deno, inputs, recipe, mtime, compression, level];
  const digest = await digestBytes(new TextEncoder().encode(JSON.stringify(made)));
  const key = digest.replace(":", "-");
  return new CachedLayer({ layer, cache, key, isSettled, facts: await cache.recall(key) });
}

/** Where the inputs lie, and what is made of them, wherever that is. */
function inputsOf(spec: CopyPartSpec | TarSpec) {
  if ("tar" in spec) return { path: spec.tar, recipe: "tar", rules: {} };
  const { copy, ...recipe } = spec;
  const { ignore = [], part } = recipe;
  const rules = { ignore, ...(part === undefined ? {} : { part: toTreePart(part) }) };
  return { path: copy, recipe, rules };
}
