import { FileError, LimitExceededError } from "../errors.ts";
import { fileFailure } from "../layer/file_failure.ts";
import { fileStream } from "../layer/file_stream.ts";
import { readAll } from "../stream/read_all.ts";

/** The largest `index.json`, in bytes: some two hundred thousand roots. */
export const MAX_INDEX_BYTES: number = 64 * 1024 * 1024;

/**
 * Reads a document of a layout whole; `undefined` when there is none.
 *
 * @throws {FileError} When something else than a file is in its place: reading a pipe could wait
 * for ever.
 * @throws {LimitExceededError} Beyond {@linkcode MAX_INDEX_BYTES}.
 */
export async function readDocument(path: string): Promise<Uint8Array | undefined> {
  const info = await statIfThere(path);
  if (info === undefined) return undefined;
  if (!info.isFile) {
    throw new FileError(
      `Cannot read "${path}": expected a file, got ${info.isDirectory ? "a directory" : "no file"}`,
      path,
    );
  }
  if (info.size > MAX_INDEX_BYTES) throw new LimitExceededError(`"${path}"`, MAX_INDEX_BYTES);
  return await readAll(fileStream(path), { maxBytes: MAX_INDEX_BYTES, what: `"${path}"` });
}

async function statIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotADirectory) throw error;
    throw fileFailure("read", path, error);
  }
}
