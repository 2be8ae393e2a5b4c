import type { Annotations } from "./annotations.ts";
import type { Digest } from "./digest.ts";
import type { Platform } from "./platform.ts";

/**
 * Names content by what it is: its type, digest and size.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md image-spec, descriptor}
 */
export interface Descriptor {
  /** What the bytes are. */
  readonly mediaType: string;
  /** What the bytes hash to. */
  readonly digest: Digest;
  /** How many bytes there are. */
  readonly size: number;
  /** Where a non-distributable layer can be fetched. */
  readonly urls?: readonly string[];
  /** Metadata of this use of the content. */
  readonly annotations?: Annotations;
  /** The content itself, base64, when it is embedded. */
  readonly data?: string;
  /** The kind of artifact a manifest describes. */
  readonly artifactType?: string;
  /** What the image runs on, in an index. */
  readonly platform?: Platform;
}
