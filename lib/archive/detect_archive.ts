import { labelOf } from "./open_output.ts";
import { openArchive } from "./open_archive.ts";
import { INDEX_JSON } from "./oci_entries.ts";
import { MANIFEST_JSON } from "./saved_image.ts";

/**
 * Says whether an archive is an OCI layout and nothing else. One that `docker save` wrote as both
 * is not.
 *
 * @throws {NotFoundError} When there is no such file.
 * @throws {TarError} When it is no tar.
 */
export async function isOciArchive(path: string): Promise<boolean> {
  await using archive = await openArchive(path, labelOf("archive", path));
  const [index, manifest] = await Promise.all(
    [INDEX_JSON, MANIFEST_JSON].map((name) => archive.files.find(name)),
  );
  return index !== undefined && manifest === undefined;
}
