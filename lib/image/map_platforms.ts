import type { Platform } from "../oci/platform.ts";
import { matchesPlatform } from "../oci/platform_match.ts";
import type { Image, View } from "./image.ts";
import { type EditOfImage, mapImages, type MapImagesOptions } from "./map_images.ts";
import { listImages, missingPlatform } from "./select.ts";

/** Options of {@linkcode mapPlatforms}. */
export interface MapPlatformsOptions extends MapImagesOptions {
  /** The platforms whose images are edited, the others stay as they are; all when empty. */
  readonly platforms?: readonly Platform[];
}

/**
 * Like `mapImages()`, for the images of some platforms: those of others stay in the index as they
 * are. A platform that leaves something out stands for all that fit: `linux/arm` for every variant.
 *
 * @throws {PlatformError} When a platform has no image; it lists what is there.
 * @example
 * ```ts
 * import { configureImage, createIndex, emptyImage, mapPlatforms } from "@davit/davit/image";
 *
 * const arm = emptyImage({ platform: { os: "linux", architecture: "arm64" } });
 * const index = createIndex([{ image: emptyImage() }, { image: arm }]);
 * const edited = await mapPlatforms(index, (image) => configureImage(image, { user: "app" }), {
 *   platforms: [{ os: "linux", architecture: "arm64" }],
 * });
 * console.assert(edited.kind === "index");
 * ```
 */
export async function mapPlatforms(
  view: View,
  edit: EditOfImage,
  options: MapPlatformsOptions = {},
): Promise<View> {
  const { platforms = [], ...others } = options;
  if (platforms.length === 0) return await mapImages(view, edit, others);
  const chosen = await choosePlatforms(view, platforms);
  const editChosen: EditOfImage = (image, descriptor) =>
    chosen.has(image) ? edit(image, descriptor) : image;
  return await mapImages(view, editChosen, others);
}

async function choosePlatforms(
  view: View,
  platforms: readonly Platform[],
): Promise<ReadonlySet<Image>> {
  const images = await listImages(view);
  const chosen = new Set<Image>();
  for (const wanted of platforms) {
    const fitting = images.filter(({ platform }) =>
      platform !== undefined && matchesPlatform(platform, wanted)
    );
    if (fitting.length === 0) throw missingPlatform(wanted, images);
    for (const { image } of fitting) chosen.add(image);
  }
  return chosen;
}
