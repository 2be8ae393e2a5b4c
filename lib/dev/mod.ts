/**
 * Images on their way from an edited file to a running pod: built layer by layer, brought to the
 * nodes of a cluster blob by blob, and rolled out by their digests.
 *
 * @example
 * ```ts
 * import { devImages, openBuild, openDevCluster } from "@davit/davit/dev";
 * import { Transport } from "@davit/davit/registry";
 *
 * async function develop() {
 *   using transport = new Transport();
 *   using cluster = await openDevCluster("dev");
 *   await using build = await openBuild("/srv/site/davit.yaml", { places: { transport } });
 *   for await (const event of devImages({ cluster, sources: [build] })) {
 *     if (event.kind === "ready") console.log(`ready after ${event.times.total} ms`);
 *   }
 * }
 * console.assert(typeof develop === "function");
 * ```
 *
 * @module
 */

export { type BuildSourceOptions, openBuild } from "./build_source.ts";
export type { RunOptions, RunTarget } from "./cycle.ts";
export { devImages, type DevImagesOptions } from "./dev_images.ts";
export { type DevCluster, openDevCluster } from "./dev_cluster.ts";
export type * from "./event.ts";
export { type ImageSource, storedImage } from "./image_source.ts";
export { buildsIn, type ManifestObject, readManifests } from "./manifests.ts";
export { runImages, type RunImagesOptions } from "./run_images.ts";
