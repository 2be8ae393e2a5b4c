import { familyOf } from "../oci/media_type.ts";
import type { Layer } from "./layer.ts";
import { tarForm } from "./layer_form.ts";
import type { LayerOptions } from "./layer_options.ts";
import { ReplayableLayer } from "./replayable_layer.ts";

/**
 * Another layer, compressed in another way. The tar, and with it the diff ID, stays.
 *
 * Of a single-pass layer it is single-pass too: its digest is known when its bytes have passed.
 *
 * @example
 * ```ts
 * import { layerFromEntries, RecompressedLayer } from "@davit/davit/layer";
 *
 * const layer = layerFromEntries([{ path: "etc/motd", content: "hello\n" }]);
 * const plain = new RecompressedLayer(layer, { compression: "none" });
 * console.assert(await plain.digest() === await layer.diffId());
 * ```
 */
export class RecompressedLayer extends ReplayableLayer {
  /**
   * Opens nothing yet.
   *
   * @param layer The layer as it is.
   * @param options How it becomes another one; the family of the layer's media type unless said.
   */
  constructor(layer: Layer, options: LayerOptions = {}) {
    const form = tarForm({ family: familyOf(layer.mediaType), ...options });
    super(() => layer.uncompressed(), form, async () => {
      const diffId = await layer.diffId();
      return options.compression === "none" ? { diffId, digest: diffId } : { diffId };
    });
  }
}
