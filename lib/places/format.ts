import type { Location } from "./location.ts";
import { FileError, NotFoundError } from "../errors.ts";

/**
 * Sees what a local path holds: an OCI layout, or an archive in OCI's or Docker's form.
 *
 * @throws {NotFoundError} When nothing is there.
 * @throws {FileError} When it is neither a layout nor an archive.
 */
export async function detectFormat(path: string): Promise<Location> {
  const info = await Deno.stat(path).catch((cause) => {
    if (cause instanceof Deno.errors.NotFound) {
      throw new NotFoundError("file", path, undefined, { cause });
    }
    throw new FileError(`Cannot open "${path}": ${cause.message}`, path, { cause });
  });
  if (!info.isDirectory) {
    const { isOciArchive } = await import("../archive/detect_archive.ts");
    return { kind: await isOciArchive(path) ? "oci-archive" : "docker-archive", path };
  }
  const isLayout = await Deno.stat(`${path}/oci-layout`).then(() => true, () => false);
  if (isLayout) return { kind: "oci", path };
  throw new FileError(
    `Cannot open "${path}" as an image: expected an OCI layout or an archive, got a directory ` +
      `without "oci-layout"; to make an image of its files, use "davit append -f ${path}"`,
    path,
  );
}
