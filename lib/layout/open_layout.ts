import { NotFoundError } from "../errors.ts";
import { Layout } from "./layout.ts";
import { isLayout } from "./layout_files.ts";

/**
 * Opens a layout that is there.
 *
 * @throws {NotFoundError} When the directory is no OCI layout.
 * @throws {UnsupportedError} When it is a layout of another version.
 * @example
 * ```ts
 * import { createLayout, openLayout } from "@davit/davit/layout";
 * import { emptyImage } from "@davit/davit/image";
 * import { copy } from "@davit/davit/store";
 *
 * const directory = await Deno.makeTempDir();
 * await using written = await createLayout(directory);
 * await copy(emptyImage(), written, { names: ["nothing"] });
 * await written.commit();
 *
 * await using layout = await openLayout(directory);
 * console.assert((await layout.open("nothing")).kind === "image");
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function openLayout(path: string): Promise<Layout> {
  if (!await isLayout(path)) throw new NotFoundError("OCI layout", path);
  return new Layout(path, true);
}

/**
 * Opens a layout to write to. What is there stays; a directory that is missing is created by the
 * first write.
 *
 * @throws {FileError} When the path is a file's.
 * @throws {UnsupportedError} When the directory is a layout of another version.
 */
export async function createLayout(path: string): Promise<Layout> {
  return new Layout(path, await isLayout(path));
}
