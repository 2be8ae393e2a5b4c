/**
 * Layers: the filesystem changes an image is made of.
 *
 * A {@linkcode Layer} gives its bytes compressed or not, and tells its digest, diff ID and size.
 * Where it comes from makes its kind: files in memory ({@linkcode layerFromEntries}), a directory
 * ({@linkcode layerFromDirectory}), a tar ({@linkcode layerFromTarFile}), a tar that can be read once
 * ({@linkcode StreamLayer}), a registry or another place ({@linkcode BlobLayer}). All are lazy:
 * nothing is read before the first pull, and then once, hashed on its way.
 *
 * The same files give the same digest, on any machine and with any number of workers.
 *
 * @example
 * ```ts
 * import { layerFromEntries, whiteout } from "@davit/davit/layer";
 *
 * const layer = layerFromEntries([
 *   whiteout("usr/share/nginx/html"),
 *   { path: "srv/index.html", content: "<h1>davit</h1>" },
 * ], { compression: "zstd" });
 *
 * const bytes = await new Response(layer.compressed()).bytes();
 * console.assert(bytes.length === await layer.size());
 * console.assert(layer.mediaType === "application/vnd.oci.image.layer.v1.tar+zstd");
 * ```
 *
 * @module
 */

export { BlobLayer, type BlobLayerInit } from "./blob_layer.ts";
export type { CallOptions, ContentSource, FetchOptions } from "./content_source.ts";
export { type DirectoryOptions, layerFromDirectory } from "./directory.ts";
export { type EntriesOptions, layerFromEntries } from "./entries.ts";
export { type IgnoreRules, parseIgnore } from "./ignore.ts";
export type { Layer } from "./layer.ts";
export type { LayerEntry } from "./layer_entry.ts";
export type { LayerFacts, LayerForm, LayerPass } from "./layer_form.ts";
export type { LayerOptions } from "./layer_options.ts";
export { RecompressedLayer } from "./recompressed_layer.ts";
export { type OpenSource, ReplayableLayer } from "./replayable_layer.ts";
export { RetypedLayer } from "./retyped_layer.ts";
export { SinglePassLayer } from "./single_pass_layer.ts";
export { StreamLayer } from "./stream_layer.ts";
export { layerFromTarFile, layerFromTarStream } from "./tar_file.ts";
export { TarLayer } from "./tar_layer.ts";
export type { TreeEntry, TreeOptions } from "./tree_headers.ts";
export type { TreePart, TreeRulesOptions } from "./tree_rules.ts";
export { windowsLayer } from "./windows_layer.ts";
export {
  opaque,
  OPAQUE_WHITEOUT,
  parseWhiteout,
  type Whiteout,
  whiteout,
  WHITEOUT_PREFIX,
} from "./whiteout.ts";
