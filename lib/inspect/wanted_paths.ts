import type { TarHeader } from "../tar/entry.ts";
import type { Whiteout } from "../layer/whiteout.ts";
import { cleanPath } from "./entry_paths.ts";
import { partsOf } from "./file_tree.ts";

/** The most paths that are followed at once: links may lead in circles. */
const MAX_WANTED = 64;

/** The paths at which a file may be found, which grow by the links that are met on the way. */
export class WantedPaths {
  readonly #wanted = new Set<string>();

  /** @param path What is looked for. */
  constructor(path: string) {
    this.#wanted.add(normal(partsOf(path)));
  }

  /** Whether an entry is one of the files that may be wanted. */
  includes({ name }: TarHeader): boolean {
    return this.#wanted.has(cleanPath(name));
  }

  /** Whether an entry stands on the way to what is wanted; follows it when it is a link. */
  meet(header: TarHeader): boolean {
    const path = cleanPath(header.name);
    let isOnTheWay = false;
    for (const wanted of this.#wanted) {
      if (wanted !== path && !wanted.startsWith(`${path}/`) && path !== "") continue;
      isOnTheWay = true;
      this.#follow(header, path, wanted.slice(path.length + 1));
    }
    return isOnTheWay;
  }

  /** Whether a marker hides something on the way to what is wanted. */
  isHiddenBy(marker: Whiteout): boolean {
    if (marker.kind === "metadata") return false;
    const hidden = marker.kind === "opaque" ? marker.directory : marker.path;
    return hidden === "" ||
      this.#wanted.values().some((wanted) => wanted === hidden || wanted.startsWith(`${hidden}/`));
  }

  #follow({ type, linkName = "" }: TarHeader, path: string, rest: string): void {
    if (this.#wanted.size >= MAX_WANTED) return;
    if (type === "hardlink") this.#wanted.add(cleanPath(linkName));
    if (type !== "symlink") return;
    const above = linkName.startsWith("/") ? [] : partsOf(path).slice(0, -1);
    this.#wanted.add(normal([...above, ...partsOf(linkName), ...partsOf(rest)]));
  }
}

function normal(parts: readonly string[]): string {
  const clean: string[] = [];
  for (const part of parts) {
    if (part === "..") clean.pop();
    else clean.push(part);
  }
  return clean.join("/");
}
