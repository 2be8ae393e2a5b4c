import type * as zlib from "node:zlib";

/** The formats that are made block by block. */
export type BlockCompression = "gzip" | "zstd";

/** One block to encode. */
export interface EncodeJob {
  /** The format. */
  readonly compression: BlockCompression;
  /** The format's own level. */
  readonly level: number;
  /** Begins with the block. */
  readonly buffer: ArrayBuffer;
  /** The number of the block's bytes. */
  readonly length: number;
  /** Whether no other block follows. */
  readonly last: boolean;
}

/**
 * Encodes one block: for gzip a piece of raw deflate that ends on a byte (or, the last one, ends
 * the data); for zstd a frame. The bytes depend on the job and on nothing else.
 *
 * The text of this function is sent to workers: it must not refer to anything outside itself.
 */
export function encodeBlock(library: typeof zlib, job: EncodeJob): Uint8Array<ArrayBuffer> {
  const { constants } = library;
  const block = new Uint8Array(job.buffer, 0, job.length);
  // room for the worst case: one call then makes all, and no buffering shows in the bytes
  const chunkSize = 64 * 1024 + job.length + (job.length >> 3);
  const encoded = job.compression === "zstd"
    ? library.zstdCompressSync(block, {
      chunkSize,
      params: {
        [constants.ZSTD_c_compressionLevel]: job.level,
        [constants.ZSTD_c_checksumFlag]: 1,
      },
    })
    : library.deflateRawSync(block, {
      chunkSize,
      level: job.level,
      finishFlush: job.last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    });
  // cut to size, and the rest is free now: a collector that sees small objects only would be late
  return new Uint8Array((encoded.buffer as ArrayBuffer).transfer(encoded.length));
}
