import { fileFailure } from "./file_failure.ts";

/** Bytes read at once: with the 64 KiB of `FsFile.readable` the calls would cost more than the bytes. */
const READ_BYTES = 1024 * 1024;

/**
 * Reads a file. It is opened by the first pull, and closed by the end, an error or a cancel.
 *
 * @throws {FileError} Through the stream.
 */
export function fileStream(path: string): ReadableStream<Uint8Array> {
  let file: Deno.FsFile | undefined;
  let cancelled = false;

  function close(): void {
    file?.close();
    file = undefined;
  }

  return new ReadableStream({
    async pull(controller) {
      try {
        file ??= await Deno.open(path);
        if (cancelled) return close();
        const bytes = new Uint8Array(READ_BYTES);
        const count = await file.read(bytes);
        if (cancelled) return close();
        if (count !== null) return controller.enqueue(bytes.subarray(0, count));
        close();
        controller.close();
      } catch (cause) {
        close();
        throw fileFailure("read", path, cause);
      }
    },
    cancel() {
      cancelled = true;
      close();
    },
  }, { highWaterMark: 0 });
}
