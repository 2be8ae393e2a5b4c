/**
 * Declarative builds: what an image is made of, as a file or as a chain of calls, both over one
 * spec.
 *
 * ```yaml
 * from: nginx:alpine
 * layers:
 *   - remove: usr/share/nginx/html
 *   - copy: site
 *     to: /usr/share/nginx/html
 * tags: [registry.example/site:v1]
 * ```
 *
 * @example
 * ```ts
 * import { Build, parseSpec } from "@davit/davit/compose";
 *
 * const spec = await parseSpec("from: scratch\ntags: [registry.example/nothing:v1]\n");
 * const build = new Build(spec).files({ "etc/motd": "ahoy" });
 * console.assert(build.spec.layers?.length === 1);
 * ```
 *
 * @module
 */

export * from "./build.ts";
export * from "./compose_view.ts";
export * from "./json_schema.ts";
export { KeptLayer } from "./kept_layer.ts";
export type { OneLayerSpec } from "./compose_layer.ts";
export { KnownLayers } from "./known_layers.ts";
export type { CopyPartSpec } from "./split_copy.ts";
export type { PartWords, TreeClass } from "./tree_class.ts";
export { LayerCache, type LayerCacheOptions } from "./layer_cache.ts";
export {
  formatLock,
  type Lock,
  lockBases,
  type LockBasesOptions,
  type LockedBase,
  parseLock,
} from "./lock.ts";
export { type BaseStatus, findOutdated } from "./outdated.ts";
export * from "./parse_spec.ts";
export { readSpec } from "./read_spec.ts";
export * from "./run_build.ts";
export type * from "./spec.ts";
