import type { Compression, MediaFamily } from "../oci/media_type.ts";
import type { CompressionEngine } from "../stream/compress.ts";

/** How a tar becomes a layer. */
export interface LayerOptions {
  /** How the tar is compressed; `gzip` unless said. */
  readonly compression?: Compression;
  /** How hard to try: 1 to 9 for gzip, 6 unless said; 1 to 19 for zstd, 3 unless said. */
  readonly level?: number;
  /** Whose media type the layer has when none is said; `oci` unless said. */
  readonly family?: MediaFamily;
  /** The media type; the family's for the compression unless said. */
  readonly mediaType?: string;
  /** What compresses; `native` unless said. */
  readonly engine?: CompressionEngine;
  /**
   * The most workers; the number of cores unless said. With 0 the calling thread does all. The
   * bytes are the same.
   */
  readonly workers?: number;
}
