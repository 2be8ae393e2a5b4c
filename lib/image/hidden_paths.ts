import { parentsOf } from "../layer/entry_path.ts";
import { cleanPath, type LayerChanges } from "./merged_tree.ts";

/**
 * What layers hide of the layers below them, as far as it can be told without those: by the paths
 * that they name, not by where a symbolic link would lead those.
 */
export class HiddenPaths {
  /** Paths of which nothing shows, and whatever lies below them. */
  readonly #gone = new Set<string>();
  /** Directories of which only the name shows. */
  readonly #emptied = new Set<string>();
  /** Paths that are there anew, directories too: what lies below a directory still shows. */
  readonly #renewed = new Set<string>();
  /** Paths that something is put below: they are directories, or links to some. */
  readonly #parents = new Set<string>();
  readonly #closed = new Map<string, boolean>();

  /** @param layers What each of the upper layers does. */
  constructor(layers: readonly LayerChanges[]) {
    for (const { markers, added } of layers) {
      for (const marker of markers) {
        if (marker.kind === "whiteout") this.#gone.add(marker.path);
        if (marker.kind === "opaque") this.#emptied.add(marker.directory);
      }
      for (const [{ type, name }] of added) {
        const path = cleanPath(name);
        (type === "directory" ? this.#renewed : this.#gone).add(path);
        for (const parent of parentsOf(path)) this.#parents.add(parent);
      }
    }
  }

  /** Whether nothing shows of a file of the layers below. */
  hides(path: string, { isLink }: { readonly isLink: boolean }): boolean {
    if (this.#gone.has(path) || this.#renewed.has(path)) return true;
    if (!isLink && this.#parents.has(path)) return true;
    return this.#closes(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
  }

  /** Whether nothing shows of what a directory holds. */
  #closes(directory: string): boolean {
    if (this.#gone.has(directory) || this.#emptied.has(directory)) return true;
    if (directory === "") return false;
    const known = this.#closed.get(directory);
    if (known !== undefined) return known;
    const closes = this.#closes(directory.slice(0, Math.max(0, directory.lastIndexOf("/"))));
    this.#closed.set(directory, closes);
    return closes;
  }
}
