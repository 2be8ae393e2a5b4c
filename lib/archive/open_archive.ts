import type { CallOptions } from "../layer/content_source.ts";
import { fileStream } from "../layer/file_stream.ts";
import { decompress } from "../stream/decompress.ts";
import { compressionOfBytes, MAGIC_LENGTH } from "../stream/magic.ts";
import { FileError, NotFoundError } from "../errors.ts";
import { ArchiveFiles } from "./archive_files.ts";
import { writeRange } from "./file_range.ts";
import { TemporaryFile } from "./temporary_file.ts";

/** An archive that is open for reading. Disposing of it removes what it needed on the way. */
export interface OpenedArchive extends AsyncDisposable {
  /** What is in it. */
  readonly files: ArchiveFiles;
}

/**
 * Opens an archive: a tar, or one that is compressed as a whole with gzip or zstd, which is
 * decompressed into a temporary file. So is what cannot be read twice, such as a pipe.
 *
 * @throws {NotFoundError} When there is no such file.
 * @throws {FileError} When it cannot be read.
 * @throws {TarError} When it is no tar.
 * @throws {CompressionError} When it is compressed in another way.
 */
export async function openArchive(
  path: string,
  label: string,
  options: CallOptions = {},
): Promise<OpenedArchive> {
  await using scope = new AsyncDisposableStack();
  let tar = path;
  if (!await isPlainFile(path)) {
    const temporary = scope.use(await TemporaryFile.anywhere());
    tar = temporary.path;
    await writeRange(
      tar,
      0,
      () => Promise.resolve(decompress(fileStream(path), { what: `"${path}"` })),
      options,
    );
  }
  const files = await ArchiveFiles.read(tar, label, options);
  const owned = scope.move();
  return { files, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function isPlainFile(path: string): Promise<boolean> {
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    if (isDirectory) throw new FileError(`Cannot read "${path}": it is a directory`, path);
    if (!isFile) return false;
    using file = await Deno.open(path);
    const head = new Uint8Array(MAGIC_LENGTH);
    const count = await file.read(head) ?? 0;
    return compressionOfBytes(head.subarray(0, count)) === "none";
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new NotFoundError("file", path, undefined, { cause });
    }
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw new FileError(`Cannot read "${path}": permission denied`, path, { cause });
    }
    throw cause;
  }
}
