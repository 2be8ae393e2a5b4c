import { NotFoundError } from "../../lib/errors.ts";
import type { Image } from "../../lib/image/image.ts";
import { ImageFiles } from "../../lib/inspect/image_files.ts";
import type { CallOptions } from "../../lib/layer/content_source.ts";
import { readAll } from "../../lib/stream/read_all.ts";

/** The most bytes of a file that is edited. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A file of an image as it is, or as it would be made. */
export interface FileToEdit {
  /** Where it lies: a symbolic link has been followed. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly content: Uint8Array;
}

/** Opens a file of an image; one that is not there is empty, `0644` and root's. */
export async function openFile(
  image: Image,
  path: string,
  options: CallOptions,
): Promise<FileToEdit> {
  await using files = new ImageFiles(image, options);
  try {
    const { entry, open } = await files.open(path);
    const content = await readAll(open(), { maxBytes: MAX_BYTES, what: `file "${path}"` });
    const { mode, uid, gid } = entry;
    return { path: entry.path, mode, uid, gid, content };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return { path, mode: 0o644, uid: 0, gid: 0, content: new Uint8Array() };
  }
}
