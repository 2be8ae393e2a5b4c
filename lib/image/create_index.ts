import type { Annotations } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { digestBytes } from "../oci/digest.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import type { Platform } from "../oci/platform.ts";
import type { Image, Index } from "./image.ts";
import { remember } from "./remember.ts";
import { platformOf } from "./select.ts";

/** One image of a new index. */
export interface IndexEntry {
  /** The image. */
  readonly image: Image;
  /** What it runs on; as its config says, when absent. */
  readonly platform?: Platform;
}

/**
 * Makes an OCI index of images for several platforms, in the order given.
 *
 * @example
 * ```ts
 * import { createIndex, emptyImage } from "@davit/davit/image";
 *
 * const arm = emptyImage({ platform: { os: "linux", architecture: "arm64" } });
 * const index = createIndex([{ image: emptyImage() }, { image: arm }]);
 * console.assert((await index.children()).length === 2);
 * ```
 */
export function createIndex(entries: readonly IndexEntry[], annotations?: Annotations): Index {
  const mediaType = MEDIA_TYPE.ociIndex;
  const manifest = remember(async () => {
    const manifests = await Promise.all(entries.map(describeEntry));
    const document = {
      schemaVersion: 2,
      mediaType,
      manifests,
      ...(annotations === undefined ? {} : { annotations }),
    };
    return new TextEncoder().encode(JSON.stringify(document));
  });
  return {
    kind: "index",
    manifest,
    children: () => Promise.resolve(entries.map(({ image }) => image)),
    descriptor: remember(async () => {
      const bytes = await manifest();
      return { mediaType, size: bytes.length, digest: await digestBytes(bytes) };
    }),
  };
}

async function describeEntry({ image, platform }: IndexEntry): Promise<Descriptor> {
  const { mediaType, size, digest, annotations } = await image.descriptor();
  const runsOn = platform ?? await platformOf(image);
  return {
    mediaType,
    size,
    digest,
    ...(annotations === undefined ? {} : { annotations }),
    ...(runsOn === undefined ? {} : { platform: runsOn }),
  };
}
