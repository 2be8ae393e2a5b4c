import { FileError, NotFoundError } from "../../lib/errors.ts";

/**
 * Reads a file that the user named.
 *
 * @throws {NotFoundError} When it is not there.
 * @throws {FileError} When it cannot be read.
 */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new NotFoundError("file", path, undefined, { cause });
    }
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new FileError(`Cannot read "${path}": ${message}`, path, { cause });
  }
}
