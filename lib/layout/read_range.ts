/** Bytes from one offset up to another. */
export interface FileRange {
  /** The first byte; 0 unless said. */
  readonly start?: number;
  /** The byte behind the last; the file's end unless said. */
  readonly end?: number;
}

/** Fewer calls than smaller ones, less memory than larger ones. */
const CHUNK_BYTES = 256 * 1024;

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

/** Reads that many bytes of a file from where it stands, one chunk ahead, then closes it. */
function take(file: Deno.FsFile, length: number): ReadableStream<Uint8Array> {
  let left = length;
  let isOpen = true;
  function close(): void {
    if (isOpen) file.close();
    isOpen = false;
  }
  return new ReadableStream({
    async pull(controller) {
      const buffer = new Uint8Array(Math.min(left, CHUNK_BYTES));
      const read = left === 0 ? null : await file.read(buffer).catch((error) => {
        close();
        throw error;
      });
      if (!isOpen) return;
      left -= read ?? 0;
      if (read !== null) controller.enqueue(buffer.subarray(0, read));
      if (read !== null && left > 0) return;
      close();
      controller.close();
    },
    cancel: close,
  }, { highWaterMark: 1 });
}
