/**
 * Bytes in motion: web streams that are hashed, counted, limited, compressed and decompressed as
 * they pass.
 *
 * All streams here are driven by pulls. Nothing is read before the first one, memory does not grow
 * with the content, an error of the source reaches the reader as it is, and a cancel reaches the
 * source even while a read is pending.
 *
 * @example Compress content and know the digests of both forms, in one pass
 * ```ts
 * import { compress, measure } from "@davit/davit/stream";
 *
 * const tar = measure(ReadableStream.from([new Uint8Array(10_240)]));
 * const layer = measure(compress(tar.stream, { compression: "gzip", level: 6 }));
 * await layer.stream.pipeTo(new WritableStream());
 *
 * const diffId = (await tar.done).digest;
 * const { digest, size } = await layer.done;
 * console.assert(diffId !== digest && size < 100);
 * ```
 *
 * @module
 */
export type { Algorithm, Digest } from "../oci/digest.ts";
export type { Compression } from "../oci/media_type.ts";
export * from "./abortable.ts";
export * from "./blocks.ts";
export { compress, type CompressionEngine, type CompressOptions } from "./compress.ts";
export * from "./decompress.ts";
export * from "./detect.ts";
export * from "./hash.ts";
export * from "./lazy.ts";
export * from "./limit.ts";
export * from "./measure.ts";
export * from "./read_all.ts";
export * from "./spool.ts";
export * from "./verify.ts";
export { MAX_ZSTD_WINDOW_BYTES } from "./zstd_frames.ts";
