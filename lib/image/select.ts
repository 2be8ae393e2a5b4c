import { parseConfig } from "../oci/config.ts";
import { isImageConfigType } from "../oci/media_type.ts";
import { formatPlatform, type Platform } from "../oci/platform.ts";
import { bestMatch } from "../oci/platform_match.ts";
import { PlatformError, UnsupportedError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import type { Image, View } from "./image.ts";
import { isAttestation } from "./map_images.ts";
import { outlineOf } from "./outline.ts";
import { availableNames, listAvailable } from "./platform_names.ts";

/** An image of an index with the platform it is for. */
export interface PlatformImage {
  /** The image. */
  readonly image: Image;
  /** Its platform: as the index says, else as its config says. */
  readonly platform: Platform | undefined;
}

/**
 * Lists the images of a view: one of an image, all of an index and of the indexes in it, in order,
 * each once. Attestations and blobs are left out.
 */
export async function listImages(view: View): Promise<readonly PlatformImage[]> {
  if (view.kind === "image") return [{ image: view, platform: await platformOf(view) }];
  const images: PlatformImage[] = [];
  const seen = new Set<View>();
  const ahead: View[] = [view];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (next.kind === "index") {
      for (const child of (await next.children()).toReversed()) {
        const isAbout = child.kind === "image" && isAttestation(await outlineOf(child));
        if (!isAbout) ahead.push(child);
      }
    } else if (next.kind === "image") {
      const { platform } = await outlineOf(next);
      images.push({ image: next, platform: platform ?? await platformOf(next) });
    }
  }
  return images;
}

/**
 * Chooses the one image of a view that a platform runs. A single image is returned as it is when
 * no platform is asked for, and must fit when one is.
 *
 * @param platform What it must run on; an index without one must list a single image.
 * @throws {PlatformError} When nothing fits, or nothing says which to choose; it lists what is there.
 * @throws {UnsupportedError} For a blob.
 * @example
 * ```ts
 * import { emptyImage, selectImage } from "@davit/davit/image";
 *
 * await selectImage(emptyImage(), { os: "linux", architecture: "amd64" });
 * ```
 */
export async function selectImage(
  view: View,
  platform?: Platform,
  options: CallOptions = {},
): Promise<Image> {
  return await untilAborted(select(view, platform), options.signal);
}

async function select(view: View, platform: Platform | undefined): Promise<Image> {
  if (view.kind === "blob") {
    const { mediaType, digest } = await view.descriptor();
    throw new UnsupportedError(
      `Cannot open "${digest}" as an image: expected an image or an index, got "${mediaType}"`,
    );
  }
  if (view.kind === "image" && platform === undefined) return view;
  const images = await listImages(view);
  const available = availableNames(images.map((image) => image.platform));
  const [only, ...others] = images;
  if (platform === undefined) {
    if (only !== undefined && others.length === 0) return only.image;
    throw new PlatformError(
      `Cannot choose one image: expected a platform; ${listAvailable(available)}`,
      available,
    );
  }
  const found = bestMatch(images, platform);
  if (found !== undefined) return found.image;
  if (view.kind === "image" && only?.platform === undefined) return view;
  throw missingPlatform(platform, images);
}

/** The error for a platform that a view has no image for. */
export function missingPlatform(
  wanted: Platform,
  images: readonly PlatformImage[],
): PlatformError {
  const available = availableNames(images.map(({ platform }) => platform));
  return new PlatformError(
    `Cannot find an image for ${formatPlatform(wanted)}: ${listAvailable(available)}`,
    available,
  );
}

/** The platform an image's config names; `undefined` for an artifact or a config that names none. */
export async function platformOf(image: Image): Promise<Platform | undefined> {
  if (!isImageConfigType((await image.configDescriptor()).mediaType)) return undefined;
  const config = parseConfig(await image.config());
  const { os, architecture, variant } = config;
  if (!os || !architecture) return undefined;
  return {
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(config["os.version"] === undefined ? {} : { "os.version": config["os.version"] }),
    ...(config["os.features"] === undefined ? {} : { "os.features": config["os.features"] }),
  };
}
