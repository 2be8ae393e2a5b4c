import { CompressionError } from "../errors.ts";
import { DECODED_CHUNK_SIZE, Decoder, feedInflater } from "./decoder.ts";
import type { PeekableReader } from "./peekable_reader.ts";

/**
 * Decodes gzip: any number of members, then nothing or zeros, as tape and `tar` leave them.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1952 RFC 1952}
 */
export async function openGzipDecoder(source: PeekableReader): Promise<Decoder> {
  const { createGunzip } = await import("node:zlib");
  const gunzip = createGunzip({ chunkSize: DECODED_CHUNK_SIZE });
  return new Decoder("gzip", gunzip, async (inflater, format) => {
    let fed = 0;
    for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) {
      await feedInflater(inflater, format, chunk);
      fed += chunk.length;
      const unused = fed - inflater.bytesWritten;
      if (unused > 0) return expectZeros(chunk.subarray(chunk.length - unused), source);
    }
  });
}

async function expectZeros(first: Uint8Array, source: PeekableReader): Promise<void> {
  for (let chunk: Uint8Array | undefined = first; chunk !== undefined;) {
    if (chunk.some((byte) => byte !== 0)) {
      throw new CompressionError(
        "Cannot decompress gzip content: expected a member or zeros after the last, got other bytes",
      );
    }
    chunk = await source.read();
  }
}
