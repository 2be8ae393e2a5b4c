import type { Compression } from "../oci/media_type.ts";
import { compressionOfBytes, MAGIC_LENGTH } from "./magic.ts";
import { PeekableReader } from "./peekable_reader.ts";

/** A stream whose compression is known. */
export interface Detected {
  /** What the first bytes say. */
  readonly compression: Compression;
  /** All the bytes, from the first on. */
  readonly stream: ReadableStream<Uint8Array>;
}

/**
 * Tells by its first bytes how a stream is compressed. What is shorter than a magic number is not.
 *
 * @throws {CompressionError} When it is bzip2 or xz; the source is cancelled.
 * @example
 * ```ts
 * import { detect } from "@davit/davit/stream";
 *
 * const { compression } = await detect(ReadableStream.from([Uint8Array.of(0x1f, 0x8b, 8)]));
 * console.assert(compression === "gzip");
 * ```
 */
export async function detect(source: ReadableStream<Uint8Array>): Promise<Detected> {
  const reader = new PeekableReader(source);
  const head = await reader.peek(MAGIC_LENGTH);
  try {
    const compression = compressionOfBytes(head);
    return { compression, stream: reader.rest() };
  } catch (error) {
    await reader.cancel(error);
    throw error;
  }
}
