import type { Layer } from "../layer/layer.ts";
import { RecompressedLayer } from "../layer/recompressed_layer.ts";
import { type Compression, compressionOf, isNondistributable } from "../oci/media_type.ts";
import { present } from "../oci/present.ts";
import type { View } from "./image.ts";
import { mapPlatforms, type MapPlatformsOptions } from "./map_platforms.ts";

/** Options of {@linkcode recompressImages}. */
export interface RecompressOptions extends Pick<MapPlatformsOptions, "platforms"> {
  /** What layers become; as each is, unless said. */
  readonly compression?: Compression;
  /** How hard to try: 1 to 9 for gzip, 1 to 19 for zstd. Layers of that compression go anew too. */
  readonly level?: number;
  /** How many workers compress; the bytes are the same. */
  readonly workers?: number;
}

/**
 * Compresses the layers of an image, or of all images of an index, in another way. The tars, and so
 * the configs, stay as they are. Layers that are so already are left alone unless a level is given,
 * and so are non-distributable layers and what is no layer: an artifact's blobs.
 *
 * What only holds for the former bytes goes from a layer's descriptor: `urls`, and the annotations
 * of eStargz and zstd:chunked. A layer that several platforms share is compressed once.
 *
 * @example
 * ```ts
 * import { appendLayers, emptyImage, recompressImages } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 *
 * const image = appendLayers(emptyImage(), [layerFromEntries([{ path: "motd", content: "ahoy" }])]);
 * const smaller = await recompressImages(image, { compression: "zstd", level: 19 });
 * console.assert(smaller.kind === "image");
 * ```
 */
export async function recompressImages(view: View, options: RecompressOptions): Promise<View> {
  const { platforms = [] } = options;
  const recompress = recompressor(options);
  return await mapPlatforms(view, (image) => image.mapLayers(recompress), { platforms });
}

function recompressor({ compression, level, workers }: RecompressOptions): (layer: Layer) => Layer {
  const made = new Map<string, Layer>();
  return (layer) => {
    const current = compressionOf(layer.mediaType);
    if (current === undefined || isNondistributable(layer.mediaType)) return layer;
    const wanted = compression ?? current;
    const isSo = wanted === current && (level === undefined || wanted === "none");
    if (isSo) return layer;
    const options = { compression: wanted, ...present({ level, workers }) };
    const key = layer.descriptor?.digest;
    const known = key === undefined ? undefined : made.get(key);
    const recompressed = known ?? new RecompressedLayer(layer, options);
    if (key !== undefined) made.set(key, recompressed);
    return recompressed;
  };
}
