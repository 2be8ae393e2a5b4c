import { FileError } from "../../errors.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import { compress } from "../../stream/compress.ts";
import { measure } from "../../stream/measure.ts";
import { verify } from "../../stream/verify.ts";
import type { SnapshotPart } from "./snapshot.ts";

/**
 * Writes a part of a snapshot: a tar, compressed on all cores.
 *
 * @param directory The directory of the snapshot.
 */
export async function writePart(
  directory: string,
  { file, parent }: Pick<SnapshotPart, "file" | "parent">,
  tar: ReadableStream<Uint8Array>,
  { signal }: CallOptions = {},
): Promise<SnapshotPart> {
  const path = `${directory}/${file}`;
  const compressed = compress(tar, {
    compression: "zstd",
    ...(signal === undefined ? {} : { signal }),
  });
  const { stream, done } = measure(compressed);
  const target = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  await stream.pipeTo(target.writable);
  return { file, parent, ...await done };
}

/**
 * Makes sure that a part is what was saved.
 *
 * @throws {FileError} When it is not there, or something else.
 */
export async function checkPart(
  directory: string,
  part: SnapshotPart,
  { signal }: CallOptions = {},
): Promise<void> {
  const { readable } = await openPart(directory, part);
  try {
    await verify(readable, part).pipeTo(
      new WritableStream(),
      signal === undefined ? {} : { signal },
    );
  } catch (cause) {
    signal?.throwIfAborted();
    const path = `${directory}/${part.file}`;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FileError(`Cannot use "${path}" of a snapshot: ${why}`, path, { cause });
  }
}

async function openPart(
  directory: string,
  { file }: Pick<SnapshotPart, "file">,
): Promise<Deno.FsFile> {
  const path = `${directory}/${file}`;
  try {
    return await Deno.open(path);
  } catch (cause) {
    throw new FileError(`Cannot read "${path}" of a snapshot: ${String(cause)}`, path, { cause });
  }
}
