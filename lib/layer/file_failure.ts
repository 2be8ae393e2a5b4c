import { FileError } from "../errors.ts";
import type { FileFault } from "../stream/file_part.ts";

/** The text Deno gives in place of bytes of a name that are not UTF-8. */
const REPLACEMENT = "\ufffd";

const SYSTEM_REASONS: ReadonlyMap<string, string> = new Map([
  ["NotFound", "it does not exist"],
  ["PermissionDenied", "permission denied"],
  ["NotADirectory", "what stands for a directory in the path is a file"],
  ["IsADirectory", "it is a directory"],
  ["FilesystemLoop", "its symbolic links lead in a circle"],
]);

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
  if (name === "PermissionDenied") {
    const otherwise = act === "write" ? "" : ", or leave it out";
    return `permission denied; run as a user who may ${act} it${otherwise}`;
  }
  if (name === "NotFound" && act === "write") {
    return "the directory that it belongs in does not exist; make that first";
  }
  return systemReason({ name, message });
}

/** Says in words what the system refused: its own text has numbers, calls and paths in it. */
export function systemReason({ name, message }: Pick<Error, "name" | "message">): string {
  const known = SYSTEM_REASONS.get(name);
  if (known !== undefined) return known;
  const [, text] = /^(.*?) \(os error \d+\)/s.exec(message) ?? [];
  return text === undefined ? message : text.charAt(0).toLowerCase() + text.slice(1);
}
