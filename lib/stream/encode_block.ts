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

  function deflate(level: number): Uint8Array {
    const finishFlush = job.last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
    return library.deflateRawSync(block, { chunkSize, level, finishFlush });
  }

  /** At level 1 noise, such as compressed files, grows by a twentieth: better stored as it is. */
  function deflateOrStore(): Uint8Array {
    const deflated = deflate(job.level);
    return deflated.length > 64 + job.length + (job.length >> 10) ? deflate(0) : deflated;
  }

  function encodeFrame(): Uint8Array {
    const params = {
      [constants.ZSTD_c_compressionLevel]: job.level,
      [constants.ZSTD_c_checksumFlag]: 1,
    };
    const options = { chunkSize, pledgedSrcSize: job.length, params };
    return library.zstdCompressSync(block, options);
  }

  const encoded = job.compression === "zstd" ? encodeFrame() : deflateOrStore();
  const { buffer } = encoded;
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== chunkSize) {
    return new Uint8Array(encoded);
  }
  // the room that is left is free now: the collector, which sees small objects only, would be late
  return new Uint8Array(buffer.transfer(encoded.length));
}
