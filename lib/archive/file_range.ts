import type { CallOptions } from "../layer/content_source.ts";
import { fileFailure } from "../layer/file_failure.ts";
import { FileError } from "../errors.ts";
import { WriteBehind } from "../stream/write_behind.ts";

/** Bytes read from a file at a time. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Opens `size` bytes of a file from `start` on. The file is open only while it is read.
 *
 * @throws {FileError} Through the stream, when the file ends before them.
 */
export function openRange(path: string, start: number, size: number): ReadableStream<Uint8Array> {
  return ReadableStream.from(readRange(path, start, size));
}

async function* readRange(path: string, start: number, size: number): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path);
  await file.seek(start, Deno.SeekMode.Start);
  for (let left = size; left > 0;) {
    const chunk = new Uint8Array(Math.min(left, CHUNK_BYTES));
    const count = await file.read(chunk);
    if (count === null) {
      throw new FileError(
        `Cannot read "${path}": expected ${size} bytes from byte ${start} on, got ${size - left}`,
        path,
      );
    }
    left -= count;
    yield chunk.subarray(0, count);
  }
}

/** Options of {@linkcode writeRange}. */
export interface WriteRangeOptions extends CallOptions {
  /** How many bytes of the stream are in the file already; none unless said. */
  readonly written?: number;
  /** Hears how many bytes of the stream are in the file. */
  readonly onWritten?: (size: number) => void;
}

/**
 * Writes a stream into a file from byte `start` on.
 *
 * @returns How many bytes came.
 */
export async function writeRange(
  path: string,
  start: number,
  open: () => Promise<ReadableStream<Uint8Array>>,
  { written = 0, onWritten, ...options }: WriteRangeOptions = {},
): Promise<number> {
  using file = await Deno.open(path, { write: true });
  await file.seek(start + written, Deno.SeekMode.Start);
  const writer = new WriteBehind(file);
  let size = 0;
  let told = written;
  function tell(): void {
    if (written + writer.written > told) onWritten?.(told = written + writer.written);
  }
  const sink = new WritableStream<Uint8Array>({
    async write(chunk) {
      const fresh = chunk.subarray(Math.min(chunk.length, Math.max(0, written - size)));
      size += chunk.length;
      await explained(writer.append(fresh));
      tell();
    },
    close: () => explained(writer.flush()),
  });
  const explained = (writing: Promise<void> | undefined) =>
    writing?.catch((error) => Promise.reject(fileFailure("write", path, error)));
  try {
    await (await open()).pipeTo(sink, options);
  } finally {
    await writer.flush().catch(() => {});
    tell();
  }
  return size;
}
