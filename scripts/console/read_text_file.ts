import { NotFoundError } from "../../lib/errors.ts";
import { fileFailure } from "../../lib/layer/file_failure.ts";

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
    throw fileFailure("read", path, cause);
  }
}
