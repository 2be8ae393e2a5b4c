import type { Layer } from "../layer/layer.ts";
import type { AddedLayer } from "./edit_image.ts";
import { editImage } from "./edit_image.ts";
import type { Image } from "./image.ts";

/**
 * Puts layers on top of an image, with their history entries. The base keeps its layers, its
 * compression and every field of its documents.
 *
 * @param added Layers, bottom first; a bare layer gets a history entry without text.
 * @example
 * ```ts
 * import { appendLayers, emptyImage } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 *
 * const layer = layerFromEntries([{ path: "hello.txt", content: "hello" }]);
 * const image = appendLayers(emptyImage(), [{ layer, history: { created_by: "hello" } }]);
 * console.assert((await image.layers()).length === 1);
 * ```
 */
export function appendLayers(base: Image, added: readonly (Layer | AddedLayer)[]): Image {
  if (added.length === 0) return base;
  return editImage(base, {
    added: added.map((item) => "layer" in item ? item : { layer: item }),
  });
}
