/** The most duplicates that are remembered. */
const MAX_DUPLICATES = 1000;

/** The paths of a tar's entries: which come twice, which lead out. */
export class EntryPaths {
  readonly #seen = new Set<string>();
  /** The paths that came more than once, in the order in which that was seen. */
  readonly duplicates: string[] = [];

  /** Notes a path, however it is written; says `false` of one that leads out of the root. */
  add(name: string): boolean {
    const path = cleanPath(name);
    if (path.startsWith("../") || path.includes("/../") || path.endsWith("/..") || path === "..") {
      return false;
    }
    if (this.#seen.has(path)) {
      if (this.duplicates.length < MAX_DUPLICATES) this.duplicates.push(path);
    } else {
      this.#seen.add(path);
    }
    return true;
  }
}

/** A path of a tar's entry as it is compared: `./a//b/` is `a/b`, the root is empty. */
export function cleanPath(name: string): string {
  if (!/^\/|^\.\/|\/\/|\/\.\/|\/\.?$|^\.$/.test(name)) return name;
  return name.split("/").filter((part) => part !== "" && part !== ".").join("/");
}
