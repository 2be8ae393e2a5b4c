import type { Annotations } from "../oci/annotations.ts";
import { MEDIA_TYPE, type MediaFamily } from "../oci/media_type.ts";
import type { Platform } from "../oci/platform.ts";
import { composeImage } from "./compose_image.ts";
import type { Image, Index } from "./image.ts";
import { digestBytes } from "../oci/digest.ts";

/** Options of {@linkcode emptyImage}. */
export interface EmptyImageOptions {
  /** Whose media types it has; `oci` unless said. */
  readonly family?: MediaFamily;
  /** What it runs on; `linux/amd64` unless said, `null` to leave it open. */
  readonly platform?: Platform | null;
  /** When it was created, as RFC 3339; the zero time `0001-01-01T00:00:00Z` unless said. */
  readonly created?: string;
}

/**
 * An image without layers: the ground to build from scratch on. With
 * `{ family: "docker", platform: null }` it is byte for byte go-containerregistry's `empty.Image`.
 *
 * @example
 * ```ts
 * import { emptyImage } from "@davit/davit/image";
 *
 * const { digest } = await emptyImage({ family: "docker", platform: null }).configDescriptor();
 * console.assert(digest.startsWith("sha256:5b943e2b"));
 * ```
 */
export function emptyImage(options: EmptyImageOptions = {}): Image {
  const {
    family = "oci",
    platform = { os: "linux", architecture: "amd64" },
    created = "0001-01-01T00:00:00Z",
  } = options;
  const { os = "", architecture = "", ...rest } = platform ?? {};
  const config = {
    architecture,
    created,
    os,
    rootfs: { type: "layers", diff_ids: null },
    config: {},
    ...rest,
  };
  const bytes = new TextEncoder().encode(JSON.stringify(config));
  return composeImage({ config: bytes, layers: [], family });
}

/**
 * An index that lists nothing: byte for byte go-containerregistry's `empty.Index`.
 *
 * @param family Whose media type it has; `oci` unless said.
 * @param annotations Metadata of the index; none unless said.
 */
export function emptyIndex(family: MediaFamily = "oci", annotations: Annotations = {}): Index {
  const mediaType = family === "oci" ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.dockerIndex;
  const bytes = new TextEncoder().encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      manifests: [],
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    }),
  );
  return {
    kind: "index",
    manifest: () => Promise.resolve(bytes),
    children: () => Promise.resolve([]),
    descriptor: async () => ({ mediaType, digest: await digestBytes(bytes), size: bytes.length }),
  };
}
