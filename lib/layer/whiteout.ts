import { DocumentError } from "../errors.ts";
import { directoryPath, entryPath } from "./entry_path.ts";
import type { LayerEntry } from "./layer_entry.ts";

/**
 * Begins the name of the marker that deletes its sibling from the layers below.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts image-spec, whiteouts}
 */
export const WHITEOUT_PREFIX = ".wh.";

/** The name of the marker that hides all that the layers below put into its directory. */
export const OPAQUE_WHITEOUT = ".wh..wh..opq";

/** Begins the names a union filesystem kept for itself; they delete nothing and are left out. */
const METADATA_PREFIX = ".wh..wh.";

/** What a marker in a layer asks for. */
export type Whiteout =
  /** Deletes `path`, and what lies under it, from the layers below. */
  | { readonly kind: "whiteout"; readonly path: string }
  /** Hides what the layers below put into `directory`; `""` is the root. */
  | { readonly kind: "opaque"; readonly directory: string }
  /** Bookkeeping of AUFS, such as `.wh..wh.plnk`: to be ignored. */
  | { readonly kind: "metadata" };

/**
 * Makes the entry that deletes a path of the layers below.
 *
 * @throws {TypeError} When the path is the root, leaves it, or is a marker itself.
 * @example
 * ```ts
 * import { whiteout } from "@davit/davit/layer";
 *
 * const entry = whiteout("/usr/share/nginx/html");
 * console.assert(entry.path === "usr/share/nginx/.wh.html");
 * ```
 */
export function whiteout(path: string): LayerEntry {
  const { parent, name } = split(entryPath(path));
  if (name.startsWith(WHITEOUT_PREFIX)) {
    throw new TypeError(`Cannot delete ${JSON.stringify(path)}: it is the name of a whiteout`);
  }
  return { path: `${parent}${WHITEOUT_PREFIX}${name}`, mode: 0 };
}

/**
 * Makes the entry that hides what the layers below put into a directory. Prefer a
 * {@linkcode whiteout} of each child where they are known: more tools understand it.
 *
 * @param directory The directory; `/` for the root.
 * @throws {TypeError} When the path leaves the root.
 * @example
 * ```ts
 * import { opaque } from "@davit/davit/layer";
 *
 * console.assert(opaque("var/cache").path === "var/cache/.wh..wh..opq");
 * ```
 */
export function opaque(directory: string): LayerEntry {
  const path = directoryPath(directory);
  return { path: path === "" ? OPAQUE_WHITEOUT : `${path}/${OPAQUE_WHITEOUT}`, mode: 0 };
}

/**
 * Reads an entry's path as a marker; `undefined` when it is none.
 *
 * Only the last part of the path decides, so a whiteout is one whatever type its entry has.
 * `.wh.wh.x` deletes `wh.x`.
 *
 * @param path The path as in the tar, with or without `./` and a final `/`.
 * @throws {DocumentError} For a marker that would delete nothing, its own directory or its parent,
 * and for an entry that lies under a marker.
 * @example
 * ```ts
 * import { parseWhiteout } from "@davit/davit/layer";
 *
 * const marker = parseWhiteout("./etc/.wh.motd");
 * console.assert(marker?.kind === "whiteout" && marker.path === "etc/motd");
 * ```
 */
export function parseWhiteout(path: string): Whiteout | undefined {
  if (!path.includes(WHITEOUT_PREFIX)) return undefined;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.some((part) => part.startsWith(METADATA_PREFIX) && part !== OPAQUE_WHITEOUT)) {
    return { kind: "metadata" };
  }
  const name = parts.pop() ?? "";
  if (parts.some((part) => part.startsWith(WHITEOUT_PREFIX))) {
    throw malformed(path, "nothing under a whiteout", "an entry");
  }
  if (name === OPAQUE_WHITEOUT) return { kind: "opaque", directory: parts.join("/") };
  if (!name.startsWith(WHITEOUT_PREFIX)) return undefined;
  const deleted = name.slice(WHITEOUT_PREFIX.length);
  if (deleted === "" || deleted === "." || deleted === "..") {
    throw malformed(path, `a file name after "${WHITEOUT_PREFIX}"`, JSON.stringify(deleted));
  }
  return { kind: "whiteout", path: [...parts, deleted].join("/") };
}

function split(path: string): { parent: string; name: string } {
  const slash = path.lastIndexOf("/") + 1;
  return { parent: path.slice(0, slash), name: path.slice(slash) };
}

function malformed(path: string, expected: string, got: string): DocumentError {
  const shown = JSON.stringify(path.slice(0, 150));
  return new DocumentError(`Cannot apply whiteout ${shown}: expected ${expected}, got ${got}`);
}
