import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ContentSource } from "./content_source.ts";

/**
 * One filesystem change of an image: a tar, compressed or not.
 *
 * Most layers are replayable: they open again and again. A `StreamLayer` is single-pass: until its
 * bytes have passed, `digest()`, `diffId()` and `size()` throw `NotComputedError`.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md image-spec, layer}
 */
export interface Layer {
  /** The media type of what `compressed()` gives. */
  readonly mediaType: string;
  /**
   * The descriptor as far as it is known without reading a byte, else `undefined`. After the bytes
   * have passed it is known.
   */
  readonly descriptor: Descriptor | undefined;
  /** Whether the bytes open again as they were, though their digest may not be known yet. */
  readonly replayable?: boolean;
  /** What the uncompressed tar is, when that is known without reading it. */
  readonly tar?: Pick<Descriptor, "digest" | "size">;
  /** Where the compressed bytes lie, when they lie in a place as they are (for a mount). */
  readonly origin?: ContentSource;
  /** The digest of the compressed bytes. A replayable layer reads itself through when it must. */
  digest(): Promise<Digest>;
  /** The digest of the uncompressed tar: an entry of the config's `rootfs.diff_ids`. */
  diffId(): Promise<Digest>;
  /** The number of compressed bytes. */
  size(): Promise<number>;
  /** Opens the bytes as they are stored and sent. Nothing is read before the first pull. */
  compressed(): ReadableStream<Uint8Array>;
  /** Opens the tar itself. Nothing is read before the first pull. */
  uncompressed(): ReadableStream<Uint8Array>;
}

/** Says whether a layer opens again and again: one that arrives can be read once. */
export function opensAgain({ replayable, origin }: Layer): boolean {
  return replayable === true || origin !== undefined;
}
