import { RetypedLayer } from "../layer/retyped_layer.ts";
import { setJson } from "../oci/json.ts";
import { MEDIA_TYPE, type MediaFamily, toFamily } from "../oci/media_type.ts";
import { editImage } from "./edit_image.ts";
import type { Image, View } from "./image.ts";
import { mapImages } from "./map_images.ts";

/**
 * Gives an image, or an index and all its images, the media types of a family: Docker's, as the
 * engines of before 2017 want them, or OCI's. No layer changes a byte, and the config stays as it
 * is. What a family has no name for keeps its own: zstd layers, and the config of an artifact.
 *
 * @example
 * ```ts
 * import { convertImages, emptyImage } from "@davit/davit/image";
 *
 * const docker = await convertImages(emptyImage(), "docker");
 * const { mediaType } = await docker.descriptor();
 * console.assert(mediaType === "application/vnd.docker.distribution.manifest.v2+json");
 * ```
 */
export async function convertImages(view: View, family: MediaFamily): Promise<View> {
  const index = toFamily(MEDIA_TYPE.ociIndex, family);
  return await mapImages(view, (image) => convertImage(image, family), {
    index: (text) => setJson(text, ["mediaType"], index),
  });
}

async function convertImage(image: Image, family: MediaFamily): Promise<Image> {
  const { mediaType } = await image.configDescriptor();
  const manifest = toFamily(MEDIA_TYPE.ociManifest, family);
  return editImage(image, {
    replaced: (layers) =>
      layers.map((layer) => {
        const wanted = toFamily(layer.mediaType, family);
        return wanted === layer.mediaType ? layer : new RetypedLayer(layer, wanted);
      }),
    configType: toFamily(mediaType, family),
    manifest: (text) => setJson(text, ["mediaType"], manifest),
    descriptor: (descriptor) => ({ ...descriptor, mediaType: manifest }),
  });
}
