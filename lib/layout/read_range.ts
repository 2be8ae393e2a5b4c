import { type ByteResult, byteStream } from "../stream/byte_stream.ts";

/** Bytes from one offset up to another. */
export interface FileRange {
  /** The first byte; 0 unless said. */
  readonly start?: number;
  /** The byte behind the last; the file's end unless said. */
  readonly end?: number;
}

/** Reads a file, or part of it, and closes it. */
export async function readRange(
  file: Deno.FsFile,
  range: FileRange = {},
): Promise<ReadableStream<Uint8Array>> {
  try {
    const { start = 0, end = (await file.stat()).size } = range;
    if (start > 0) await file.seek(start, Deno.SeekMode.Start);
    return take(file, end - start);
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * Reads that many bytes of a file from where it stands, then closes it. The system reads ahead of
 * who reads in order, so that a read on this thread costs less than the way to another one.
 */
function take(file: Deno.FsFile, length: number): ReadableStream<Uint8Array> {
  let left = length;
  let isOpen = true;
  function close(): void {
    if (isOpen) file.close();
    isOpen = false;
  }
  function read(room: Uint8Array): ByteResult {
    if (!isOpen) return { done: true };
    try {
      const count = left === 0 ? null : file.readSync(room.subarray(0, left));
      left = count === null ? 0 : left - count;
      if (left === 0) close();
      return count === null ? { done: true } : { done: false, value: room.subarray(0, count) };
    } catch (error) {
      close();
      throw error;
    }
  }
  return byteStream({
    read: (room) => Promise.try(read, room),
    cancel: () => Promise.resolve(close()),
  }, length);
}
