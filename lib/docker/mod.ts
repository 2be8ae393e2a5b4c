/**
 * A Docker engine as a place: images are read by `docker save` and written by `docker load`, so all
 * that the `docker` command knows holds here too: contexts, `DOCKER_HOST`, SSH.
 *
 * @example
 * ```ts ignore
 * import { DockerDaemon } from "@davit/davit/docker";
 * import { appendLayers, emptyImage } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 * import { copy } from "@davit/davit/store";
 *
 * await using daemon = new DockerDaemon();
 * const layer = layerFromEntries([{ path: "etc/motd", content: "hello\n" }]);
 * await copy(appendLayers(emptyImage(), [layer]), daemon, { names: ["example/app:v1"] });
 * await daemon.commit();
 * ```
 *
 * @module
 */
export * from "./cli.ts";
export * from "./daemon.ts";
export type { DockerProcess } from "./process.ts";
