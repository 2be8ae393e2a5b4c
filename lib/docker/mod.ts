/**
 * A Docker engine as a place: images are read by `docker save` and written by `docker load`, so all
 * that the `docker` command knows holds here too: contexts, `DOCKER_HOST`, SSH. `copy` brings images
 * in and out; `commit()` waits until the engine has them.
 *
 * @example
 * ```ts
 * import { DockerDaemon } from "@davit/davit/docker";
 * import { copy, MemoryStore } from "@davit/davit/store";
 *
 * await using daemon = new DockerDaemon();
 * if (await daemon.ping()) { // not everybody has an engine
 *   const [name] = await Array.fromAsync(daemon.names());
 *   await using store = new MemoryStore();
 *   if (name === "example/app:v1") await copy(await daemon.open(name), store);
 * }
 * ```
 *
 * @module
 */
export * from "./cli.ts";
export * from "./daemon.ts";
export type { DockerProcess } from "./process.ts";
