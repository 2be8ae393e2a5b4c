import { TarError } from "../errors.ts";
import { PeekableReader } from "../stream/peekable_reader.ts";
import { BLOCK_SIZE, checksumOf, FIELD, isZeroBlock, signedChecksumOf } from "../tar/block.ts";
import { readNumber } from "../tar/number.ts";

/**
 * Looks at the first block of what should be a tar, and gives the whole stream back. Nothing at all
 * is an empty tar.
 *
 * @param subject How messages name the source.
 * @throws {TarError} When the block is neither a header nor zeros; the source is cancelled.
 */
export async function tarFrom(
  source: ReadableStream<Uint8Array>,
  subject = "the layer",
): Promise<ReadableStream<Uint8Array>> {
  const reader = new PeekableReader(source);
  const start = await reader.peek(BLOCK_SIZE);
  if (start.length > 0 && !startsTar(start)) {
    const error = new TarError(
      `Cannot read ${subject}: expected a tar, plain or compressed with gzip or zstd, got ` +
        (start.length < BLOCK_SIZE ? `${start.length} bytes` : "something else"),
      0,
    );
    reader.cancel(error).catch(() => {});
    throw error;
  }
  return reader.rest();
}

function startsTar(block: Uint8Array): boolean {
  if (block.length < BLOCK_SIZE) return false;
  if (isZeroBlock(block, 0)) return true;
  const sum = readNumber(block, 0, FIELD.checksum);
  return sum === checksumOf(block, 0) || sum === signedChecksumOf(block, 0);
}
