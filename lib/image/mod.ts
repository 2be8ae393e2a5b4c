/**
 * Images and indexes as immutable lazy views: nothing is fetched until it is asked for, and every
 * edit is a new view that touches only what it names. Unknown fields, their order and the text of
 * numbers stay as they are.
 *
 * @example
 * ```ts
 * import { appendLayers, configureImage, emptyImage } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 *
 * const layer = layerFromEntries([{ path: "app.sh", content: "#!/bin/sh\n", mode: 0o755 }]);
 * const image = configureImage(appendLayers(emptyImage(), [layer]), { entrypoint: ["/app.sh"] });
 * console.assert((await image.descriptor()).digest.startsWith("sha256:"));
 * ```
 *
 * @module
 */

export * from "./append.ts";
export * from "./append_to_index.ts";
export * from "./compose_image.ts";
export { type ConfigConflict, configConflicts } from "./config_conflicts.ts";
export * from "./configure.ts";
export * from "./convert.ts";
export * from "./create_index.ts";
export * from "./edit_image.ts";
export * from "./edit_index.ts";
export * from "./empty.ts";
export * from "./export_image.ts";
export * from "./filter_index.ts";
export * from "./find_base.ts";
export * from "./fit.ts";
export type { LayerForms } from "./layer_forms.ts";
export * from "./flatten.ts";
export type * from "./image.ts";
export { type IndexMember, membersOf } from "./index_member.ts";
export * from "./layer_adapter.ts";
export * from "./map_images.ts";
export * from "./map_platforms.ts";
export type { MergeOptions } from "./merged_tar.ts";
export { openView } from "./open_view.ts";
export { type Bases, rebaseImage } from "./rebase.ts";
export * from "./rebase_conflicts.ts";
export * from "./recompress.ts";
export * from "./remove_layers.ts";
export * from "./replace_documents.ts";
export * from "./retime.ts";
export { listImages, type PlatformImage, platformOf, selectImage } from "./select.ts";
