import { FileError } from "../errors.ts";
import type { FileFault } from "../stream/file_part.ts";

/** The text Deno gives in place of bytes of a name that are not UTF-8. */
const REPLACEMENT = "\ufffd";

/**
 * Says what a failed system call means for the file at `path`.
 *
 * @param act What was being done: `read`, `list`, `write`.
 * @param cause What was thrown; a `FileError` and what is no error is passed on as it is.
 */
export function fileFailure(act: string, path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof FileError) return cause;
  return new FileError(`Cannot ${act} "${path}": ${reasonOf(act, path, cause)}`, path, { cause });
}

/** Makes the error of a fault. */
export function faultError({ source, name, message }: FileFault): FileError {
  return new FileError(
    `Cannot read "${source}": ${reasonOf("read", source, { name, message })}`,
    source,
  );
}

function reasonOf(
  act: string,
  path: string,
  { name, message }: Pick<FileFault, "name" | "message">,
): string {
  if (name === "Changed") return "it changed while it was read; try again when nobody writes to it";
  if (name === "InvalidData" || path.includes(REPLACEMENT)) {
    return "its name or what it points to is not UTF-8, which no image can hold; rename it";
  }
  if (name === "NotFound") return "it does not exist";
  if (name === "PermissionDenied") {
    const otherwise = act === "write" ? "" : ", or leave it out";
    return `permission denied; run as a user who may ${act} it${otherwise}`;
  }
  return message;
}
