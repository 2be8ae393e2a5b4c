import { NotFoundError, UnsupportedError } from "../../lib/errors.ts";
import type { Image } from "../../lib/image/image.ts";
import { ImageFiles } from "../../lib/inspect/image_files.ts";
import type { CallOptions } from "../../lib/layer/content_source.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { present } from "../../lib/oci/present.ts";
import { readAll } from "../../lib/stream/read_all.ts";

/** The most bytes of a file that an editor is shown. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Where a file lies once symbolic links have been followed, whose it is and who may what. */
export type FilePlace = Pick<
  LayerEntry,
  "path" | "mode" | "uid" | "gid" | "xattrs" | "vendorRecords"
>;

/**
 * Finds a file of an image; one that is not there yet is `0644` and root's.
 *
 * @throws {UnsupportedError} When something else is there.
 */
export async function placeFile(
  image: Image,
  path: string,
  options: CallOptions,
): Promise<FilePlace> {
  await using files = new ImageFiles(image, options);
  try {
    const { path: resolved, type } = await files.locate(path);
    if (type !== "file") {
      const shown = JSON.stringify(path);
      throw new UnsupportedError(`Cannot edit ${shown}: expected a file, got a ${type}`);
    }
    const { mode, uid, gid, xattrs, vendorRecords } = await files.header(path);
    return { path: resolved, mode, uid, gid, ...present({ xattrs, vendorRecords }) };
  } catch (error) {
    if (error instanceof NotFoundError) return { path, mode: 0o644, uid: 0, gid: 0 };
    throw error;
  }
}

/** Reads a file of an image; one that is not there yet is empty. */
export async function readFile(
  image: Image,
  path: string,
  options: CallOptions,
): Promise<Uint8Array> {
  await using files = new ImageFiles(image, options);
  try {
    const { open } = await files.open(path);
    return await readAll(open(), { maxBytes: MAX_BYTES, what: `file "${path}"` });
  } catch (error) {
    if (error instanceof NotFoundError) return new Uint8Array();
    throw error;
  }
}
