import { CompressionError } from "../errors.ts";
import { DECODED_CHUNK_SIZE, Decoder, feedInflater } from "./decoder.ts";
import type { PeekableReader } from "./peekable_reader.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/**
 * Decodes zstd: any number of frames, skippable ones among them.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8878 RFC 8878}
 */
export async function openZstdDecoder(source: PeekableReader): Promise<Decoder> {
  const { createZstdDecompress } = await import("node:zlib");
  const decompress = createZstdDecompress({ chunkSize: DECODED_CHUNK_SIZE });
  decompress.on("error", () => {});
  return new Decoder("zstd", decompress, async () => {
    const frames = new ZstdFrames();
    let fed = 0;
    for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) {
      for (const piece of frames.push(chunk)) {
        await feedInflater(decompress, "zstd", piece);
        fed += piece.length;
        if (decompress.bytesWritten < fed) {
          throw new CompressionError(
            "Cannot decompress zstd content: a frame ended before its last block",
          );
        }
      }
    }
    frames.end();
  });
}
