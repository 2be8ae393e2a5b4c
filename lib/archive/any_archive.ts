import type { CallOptions } from "../layer/content_source.ts";
import { type DockerArchive, readDockerArchive } from "./docker_archive.ts";
import { openArchive } from "./open_archive.ts";
import { INDEX_JSON } from "./oci_entries.ts";
import { type OciArchive, readOciArchive } from "./oci_archive.ts";
import { labelOf } from "./open_output.ts";
import { MANIFEST_JSON } from "./saved_image.ts";

/**
 * Opens an archive of either form, told by what is in it; one that `docker save` wrote as both is
 * Docker's. It is read once, so that a pipe will do.
 *
 * @throws {NotFoundError} When there is no such file.
 * @throws {TarError} When it is no tar.
 * @throws {DocumentError} When it lists no images, or in a broken way.
 */
export async function openAnyArchive(
  path: string,
  options: CallOptions = {},
): Promise<DockerArchive | OciArchive> {
  await using scope = new AsyncDisposableStack();
  const { files, ...owner } = scope.use(await openArchive(path, labelOf("archive", path), options));
  const [index, manifest] = await Promise.all(
    [INDEX_JSON, MANIFEST_JSON].map((name) => files.find(name)),
  );
  const named = (kind: string) => ({ ...owner, files: files.withLabel(labelOf(kind, path)) });
  const archive = index !== undefined && manifest === undefined
    ? await readOciArchive(named("oci-archive"), path)
    : await readDockerArchive(named("docker-archive"));
  scope.move();
  return archive;
}
