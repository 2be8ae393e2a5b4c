/**
 * Looking at images: whether they are what they say, and what files they hold.
 *
 * @example
 * ```ts
 * import { emptyImage } from "@davit/davit/image";
 * import { validateView } from "@davit/davit/inspect";
 *
 * const { isValid } = await validateView(emptyImage());
 * console.assert(isValid);
 * ```
 *
 * @module
 */

export type { EntryPlace } from "../image/merged_tree.ts";
export { type CopiedFiles, copyOut } from "./copy_out.ts";
export { type DiskUsage, diskUsage, type DiskUsageOptions } from "./disk_usage.ts";
export type { FileEntry, FileType } from "./file_entry.ts";
export { FileTree, type ResolveOptions } from "./file_tree.ts";
export type { LayerListing, ListedEntry } from "./layer_listing.ts";
export { findFiles, type FindOptions } from "./find_files.ts";
export { ImageFiles, type OpenedFile } from "./image_files.ts";
export { type ValidateOptions, validateView } from "./validate.ts";
export type * from "./validation.ts";
