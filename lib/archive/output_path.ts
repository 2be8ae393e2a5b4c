import { FileError } from "../errors.ts";
import { fileFailure } from "../layer/file_failure.ts";
import { explained } from "../stream/explained.ts";

/** What a path leads to that is to be written: a file to be replaced, or something to write into. */
export type OutputPath =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "pipe"; readonly pipe: WritableStream<Uint8Array> };

/**
 * Looks where a path leads. A file is to be replaced as a whole, where its links end; a device or a
 * fifo, such as `/dev/null`, must stay what it is, and is opened.
 *
 * @throws {FileError} When it is a directory, or may not be written.
 */
export async function openOutputPath(path: string): Promise<OutputPath> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (info === undefined) return { kind: "file", path };
  if (info.isDirectory) {
    throw new FileError(`Cannot write "${path}": expected a file, got a directory`, path);
  }
  if (info.isFile) return { kind: "file", path: await Deno.realPath(path) };
  try {
    const { writable } = await Deno.open(path, { write: true });
    return { kind: "pipe", pipe: explained(writable, explain) };
  } catch (cause) {
    throw explain(cause);
  }

  /** That nobody reads a pipe any more is no failure of ours: whoever opened it decides. */
  function explain(cause: unknown): unknown {
    return cause instanceof Deno.errors.BrokenPipe ? cause : fileFailure("write", path, cause);
  }
}
