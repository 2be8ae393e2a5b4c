/**
 * Images in tar files: OCI layouts, and what `docker save` writes and `docker load` reads, in the
 * form of today and in the one of before 2024.
 *
 * Archives are read in place, whatever their size, and written in one pass under a temporary name.
 * The same contents always give the same bytes.
 *
 * @example
 * ```ts
 * import { createDockerArchive, openDockerArchive } from "@davit/davit/archive";
 * import { appendLayers, emptyImage } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 * import { copy } from "@davit/davit/store";
 *
 * const path = await Deno.makeTempFile({ suffix: ".tar" });
 * const layer = layerFromEntries([{ path: "etc/motd", content: "hello\n" }]);
 * {
 *   await using archive = await createDockerArchive(path);
 *   await copy(appendLayers(emptyImage(), [layer]), archive, { names: ["example/app:v1"] });
 *   await archive.commit(); // now `docker load -i` takes it
 * }
 * await using archive = await openDockerArchive(path);
 * const image = await archive.open("example/app:v1");
 * console.assert(image.kind === "image");
 * await Deno.remove(path);
 * ```
 *
 * @module
 */
export {
  createDockerArchive,
  DockerArchive,
  type DockerArchiveOptions,
  openDockerArchive,
} from "./docker_archive.ts";
export * from "./legacy_archive.ts";
export { createOciArchive, OciArchive, openOciArchive } from "./oci_archive.ts";
export type { ArchiveTarget } from "./open_output.ts";
