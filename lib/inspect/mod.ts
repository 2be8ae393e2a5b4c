/**
 * Looking at images: whether they are what they say, what files they hold, how two of them
 * differ, and what could be better about them.
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
export { diffImages, type DiffOptions } from "./diff.ts";
export type { FieldChange } from "./diff_documents.ts";
export type { FileAspect, FileChange } from "./diff_files.ts";
export type { LayerDifference, LayerReason } from "./diff_layers.ts";
export { diffViews, type PlatformDiff, type ViewDiff } from "./diff_views.ts";
export { type DiskUsage, diskUsage, type DiskUsageOptions } from "./disk_usage.ts";
export type { FileEntry, FileType } from "./file_entry.ts";
export { FileTree, type ResolveOptions } from "./file_tree.ts";
export type { LayerListing, ListedEntry } from "./layer_listing.ts";
export { findFiles, type FindOptions } from "./find_files.ts";
export type * from "./image_diff.ts";
export { ImageFiles, type OpenedFile } from "./image_files.ts";
export { lintImage, lintImages, type LintOptions, type LintReport } from "./lint.ts";
export {
  isAtLeast,
  isLintRule,
  LINT_RULES,
  type LintFinding,
  type LintLevel,
  type LintRule,
  type LintRuleId,
} from "./lint_rules.ts";
export { type SarifOptions, toSarif } from "./sarif.ts";
export { type ValidateOptions, validateView } from "./validate.ts";
export type * from "./validation.ts";
