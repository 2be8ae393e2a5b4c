import { cleanPath } from "./entry_paths.ts";
import type { FileTree } from "./file_tree.ts";
import type { ListedEntry } from "./layer_listing.ts";
import { finding, type LintFinding } from "./lint_rules.ts";
import { isSecretPath, secretIn } from "./secrets.ts";

/** Looks at how a file of a layer begins: what a later layer deletes can be read all the same. */
export function lintHead(
  { header }: ListedEntry,
  { head, layer }: { readonly head: Uint8Array; readonly layer: number },
): LintFinding | undefined {
  const path = `/${cleanPath(header.name)}`;
  const secret = secretIn(head);
  if (secret !== undefined) return finding("secret-content", `it holds ${secret}`, { path, layer });
  if (!isSecretPath(path)) return undefined;
  return finding("secret-file", "files of this name hold secrets", { path, layer });
}

/** Looks at what the files of an image may do. */
export function* lintFiles(tree: FileTree): Generator<LintFinding> {
  for (const { path, layer, mode, type, xattrs = [] } of tree.below({ path: "/" })) {
    const at = { path, ...(layer > 0 ? { layer } : {}) };
    if (type === "file" && (mode & 0o111) !== 0) {
      if ((mode & 0o4000) !== 0) yield finding("setuid", "it runs as its owner", at);
      else if ((mode & 0o2000) !== 0) yield finding("setuid", "it runs as its group", at);
    }
    if (xattrs.includes("security.capability")) {
      yield finding("capabilities", "it has capabilities", at);
    }
    if (type === "character-device" || type === "block-device") {
      yield finding("device-file", `a ${type}`, at);
    }
    const isShared = type === "directory" && (mode & 0o1000) !== 0;
    if ((type === "file" || type === "directory") && (mode & 0o002) !== 0 && !isShared) {
      yield finding("world-writable", `anybody may write it (${mode.toString(8)})`, at);
    }
  }
}
