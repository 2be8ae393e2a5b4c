import { fitLayer } from "../image/fit.ts";
import type { Image } from "../image/image.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Digest } from "../oci/digest.ts";
import type { Platform } from "../oci/platform.ts";
import { containerdName, parseReference, type RepositoryName } from "../oci/reference.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import type { ImageSource } from "./image_source.ts";

/** An image as it is to be in the cluster, known to the last byte before one is sent. */
export interface BuiltImage {
  /** Where it comes from. */
  readonly source: ImageSource;
  /** The image, for the platform of the nodes. */
  readonly image: Image;
  /** Its digest. */
  readonly digest: Digest;
  /** Its name in the cluster: the repository, by the digest. */
  readonly name: string;
  /** How many layers it has. */
  readonly layers: number;
  /** How many of them had to be read. */
  readonly rebuilt: number;
}

/** What nodes take; to compress a layer for the way is waste. */
const FORMS = { compressions: ["none", "gzip", "zstd"], prefers: "none" } as const;

/**
 * Makes the image of a source as it is now: only layers that are not known yet are read.
 *
 * @throws {PlatformError} When it is not for the platform.
 */
export async function buildImage(
  source: ImageSource,
  platform: Platform,
  options: CallOptions = {},
): Promise<BuiltImage> {
  const { signal } = options;
  const found = await source.open(platform, options);
  const image = found.mapLayers((layer) => fitLayer(layer, FORMS));
  const layers = await image.layers();
  const rebuilt = layers.filter(({ descriptor }) => descriptor === undefined).length;
  const { digest } = await untilAborted(image.descriptor(), signal);
  const name = containerdName({ ...source.repository, digest });
  return { source, image, digest, name, layers: layers.length, rebuilt };
}

/** Says whether the name of an image is one of a repository's, by whatever tag or digest. */
export function isOf({ registry, repository }: RepositoryName): (name: string) => boolean {
  return (name) => {
    try {
      const reference = parseReference(name);
      return reference.registry === registry && reference.repository === repository;
    } catch {
      return false; // what a manifest says may be no name at all
    }
  };
}
