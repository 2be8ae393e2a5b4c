import { DocumentError, FileError, NotFoundError } from "../../errors.ts";
import { type Snapshot, SNAPSHOT_FILE } from "./snapshot.ts";

/**
 * Reads what a snapshot is of; its parts are not looked at.
 *
 * @param directory The directory of the snapshot.
 * @throws {NotFoundError} When there is no snapshot in the directory.
 * @throws {FileError} When it cannot be read.
 * @throws {DocumentError} When its document is none.
 */
export async function readSnapshot(directory: string): Promise<Snapshot> {
  const path = `${directory}/${SNAPSHOT_FILE}`;
  const text = await Deno.readTextFile(path).catch((cause) => {
    const { NotFound, NotADirectory } = Deno.errors;
    if (cause instanceof NotFound || cause instanceof NotADirectory) {
      throw new NotFoundError("snapshot", directory);
    }
    throw new FileError(`Cannot read snapshot "${path}": ${String(cause)}`, path, { cause });
  });
  const { parseSnapshot } = await import("./snapshot_schema.ts");
  try {
    return parseSnapshot(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DocumentError(
      `Cannot use snapshot "${path}": expected the document of one, version 1, got ${why}`,
      { cause },
    );
  }
}
