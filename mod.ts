/**
 * Container images and k3s clusters from Deno: build, edit, copy and serve images without Docker,
 * and deliver them into clusters.
 *
 * Each part is a module of its own (`@davit/davit/registry`, `/layer`, `/image`, …); this one
 * gathers them.
 *
 * @example
 * ```ts
 * import { appendLayers, copy, emptyImage, layerFromEntries, MemoryStore } from "@davit/davit";
 *
 * const layer = layerFromEntries([{ path: "hello.txt", content: "hello\n" }]);
 * const image = appendLayers(emptyImage(), [layer]);
 *
 * await using store = new MemoryStore();
 * const { digest } = await copy(image, store, { names: ["hello:v1"] });
 * await store.commit();
 * console.assert((await store.resolve("hello:v1")).digest === digest);
 * ```
 *
 * @module
 */

export * from "./lib/errors.ts";
export * from "./lib/oci/mod.ts";
export * from "./lib/yaml/mod.ts";
export * from "./lib/stream/mod.ts";
export * from "./lib/tar/mod.ts";
export * from "./lib/layer/mod.ts";
export * from "./lib/image/mod.ts";
export * from "./lib/store/mod.ts";
export * from "./lib/layout/mod.ts";
export * from "./lib/archive/mod.ts";
export * from "./lib/artifact/mod.ts";
export * from "./lib/registry/mod.ts";
export * from "./lib/server/mod.ts";
export * from "./lib/inspect/mod.ts";
export * from "./lib/docker/mod.ts";
export * from "./lib/doctor/mod.ts";
export * from "./lib/mirrors/mod.ts";
export * from "./lib/kubernetes/mod.ts";
export * from "./lib/k3s/mod.ts";
export * from "./lib/places/mod.ts";
export * from "./lib/compose/mod.ts";
export * from "./lib/sync/mod.ts";
export * from "./lib/dev/mod.ts";
