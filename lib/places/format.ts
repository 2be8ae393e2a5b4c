import { FileError, NotFoundError } from "../errors.ts";
import { fileFailure } from "../layer/file_failure.ts";

/**
 * Sees whether a local path holds an OCI layout or else, being no directory, an archive.
 *
 * @throws {NotFoundError} When nothing is there.
 * @throws {FileError} When it is a directory but no layout.
 */
export async function detectFormat(path: string): Promise<"layout" | "archive"> {
  const info = await Deno.stat(path).catch((cause) => {
    if (cause instanceof Deno.errors.NotFound) {
      throw new NotFoundError("file", path, undefined, { cause });
    }
    throw fileFailure("read", path, cause);
  });
  if (!info.isDirectory) return "archive";
  const isLayout = await Deno.stat(`${path}/oci-layout`).then(() => true, () => false);
  if (isLayout) return "layout";
  throw new FileError(
    `Cannot open "${path}" as an image: expected an OCI layout or an archive, got a directory ` +
      `without "oci-layout"; to make an image of its files, use "davit append -f ${path}"`,
    path,
  );
}
