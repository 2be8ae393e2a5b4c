import type * as zlib from "node:zlib";
import type { Compression } from "../oci/media_type.ts";
import type { Block } from "./block_source.ts";

/** How a block is encoded. */
export interface Encoding {
  /** The format. With `none` the block is only read together. */
  readonly compression: Compression;
  /** The format's own level. */
  readonly level: number;
  /** Whether no other block follows. */
  readonly last: boolean;
}

/** One block to encode. */
export type EncodeJob = Block & Encoding;

/**
 * Encodes one block: for gzip a piece of raw deflate that ends on a byte (or, the last one, ends
 * the data); for zstd a frame. The bytes depend on the arguments and on nothing else.
 *
 * The text of this function is sent to workers: it must not refer to anything outside itself.
 */
export function encodeBlock(
  library: typeof zlib,
  block: Uint8Array<ArrayBuffer>,
  { compression, level, last }: Encoding,
): Uint8Array<ArrayBuffer> {
  const { constants } = library;
  const { length } = block;
  // room for the worst case: one call then makes all, and no buffering shows in the bytes
  const chunkSize = 64 * 1024 + length + (length >> 3);

  function deflate(level: number): Uint8Array {
    const finishFlush = last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
    return library.deflateRawSync(block, { chunkSize, level, finishFlush });
  }

  /** At level 1 noise, such as compressed files, grows by a twentieth: better stored as it is. */
  function deflateOrStore(): Uint8Array {
    const deflated = deflate(level);
    return deflated.length > 64 + length + (length >> 10) ? deflate(0) : deflated;
  }

  function encodeFrame(): Uint8Array {
    const params = {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_checksumFlag]: 1,
    };
    const options = { chunkSize, pledgedSrcSize: length, params };
    return library.zstdCompressSync(block, options);
  }

  if (compression === "none") return block;
  const encoded = compression === "zstd" ? encodeFrame() : deflateOrStore();
  const { buffer } = encoded;
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== chunkSize) {
    return new Uint8Array(encoded);
  }
  // the room that is left is free now: the collector, which sees small objects only, would be late
  return new Uint8Array(buffer.transfer(encoded.length));
}
