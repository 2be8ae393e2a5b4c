import { DocumentError, NotFoundError } from "../errors.ts";
import { type EntryPlace, type Inode, MergedTree } from "../image/merged_tree.ts";
import type { TarHeader } from "../tar/entry.ts";
import { cleanPath } from "./entry_paths.ts";
import { describeFile, type FileEntry } from "./file_entry.ts";
import type { LayerListing } from "./layer_listing.ts";

/** The most symbolic links one path may lead through, as in Linux. */
const MAX_LINKS = 40;

/** How a path is looked up. */
export interface ResolveOptions {
  /** Whether a symbolic link at the end of the path is followed too; `true` unless said. */
  readonly follow?: boolean;
}

/** The files of an image, or of some of its layers, looked up by path. */
export class FileTree {
  readonly #inodes: Inode[] = [];
  readonly #paths: string[] = [];
  readonly #positions = new Map<string, number>();
  readonly #links = new Map<Inode, number>();

  /** Applies layers to each other. @param listings The layers, lowest first. @param lowest The number of the lowest, from 0. */
  constructor(listings: readonly LayerListing[], lowest = 0) {
    const tree = new MergedTree();
    for (const [position, { entries, markers }] of listings.entries()) {
      const layer = lowest + position;
      const added = entries.map(({ header, ordinal }) => [header, { layer, ordinal }] as const);
      tree.apply({ markers, added });
    }
    for (const { inode, path } of tree.nodes()) {
      const clean = cleanPath(path);
      this.#positions.set(clean, this.#paths.length);
      this.#paths.push(clean);
      this.#inodes.push(inode);
      this.#links.set(inode, (this.#links.get(inode) ?? 0) + 1);
    }
  }

  /** The path of what a path leads to, through symbolic links that stay inside the root. */
  resolve(path: string, { follow = true }: ResolveOptions = {}): string | undefined {
    const pending = partsOf(path).reverse();
    const trail: string[] = [];
    for (let links = 0; pending.length > 0;) {
      const part = pending.pop() ?? "";
      if (part === "..") {
        trail.pop();
        continue;
      }
      const here = [...trail, part].join("/");
      const header = this.headerAt(here);
      if (header === undefined) return undefined;
      if (header.type === "symlink" && (follow || pending.length > 0)) {
        if (++links > MAX_LINKS) {
          throw new DocumentError(
            `Cannot follow ${JSON.stringify(path)}: expected a path without a loop of links`,
          );
        }
        const { linkName = "" } = header;
        if (linkName.startsWith("/")) trail.length = 0;
        pending.push(...partsOf(linkName).reverse());
      } else if (header.type !== "directory" && pending.length > 0) {
        return undefined;
      } else {
        trail.push(part);
      }
    }
    return trail.join("/");
  }

  /**
   * The file that a path leads to.
   *
   * @throws {NotFoundError} When there is none.
   */
  at(path: string, options: ResolveOptions = {}): FileEntry {
    const resolved = this.resolve(path, options);
    const file = resolved === undefined ? undefined : this.#describe(resolved);
    if (file === undefined) throw new NotFoundError("file", path, "the image");
    return file;
  }

  /** What is directly in a directory, in the order of its bytes; the path is a resolved one. */
  *children({ path }: FileEntry): Generator<FileEntry> {
    const depth = depthOf(path) + 1;
    for (const file of this.below({ path })) {
      if (depthOf(file.path) === depth) yield file;
    }
  }

  /** All that is below a directory, parents first; the path is a resolved one. */
  *below({ path }: Pick<FileEntry, "path">): Generator<FileEntry> {
    const root = cleanPath(path);
    const prefix = root === "" ? "" : `${root}/`;
    const start = root === "" ? 0 : (this.#positions.get(root) ?? this.#paths.length) + 1;
    for (let position = start; position < this.#paths.length; position++) {
      const found = this.#paths[position] ?? "";
      if (!found.startsWith(prefix)) return;
      const file = found === "" ? undefined : this.#describe(found);
      if (file !== undefined) yield file;
    }
  }

  /** Where the entry stands that made a file: what is one file by several names has one place. */
  placeOf({ path }: Pick<FileEntry, "path">): EntryPlace | undefined {
    return this.#inodes[this.#positions.get(cleanPath(path)) ?? -1]?.place;
  }

  /** What the tar says of the file at a path that leads through no link. */
  headerAt(path: string): TarHeader | undefined {
    return this.#inodes[this.#positions.get(path) ?? -1]?.header;
  }

  /** Whether a layer lists what is at a path that leads through no link. */
  isListed(path: string): boolean {
    return (this.#inodes[this.#positions.get(path) ?? -1]?.place.layer ?? -1) >= 0;
  }

  #describe(path: string): FileEntry | undefined {
    if (path === "" && !this.#positions.has("")) return ROOT;
    const inode = this.#inodes[this.#positions.get(path) ?? -1];
    if (inode === undefined) return undefined;
    const { header, place } = inode;
    const links = header.type === "directory" ? 1 : this.#links.get(inode) ?? 1;
    return describeFile(header, { path: `/${path}`, links, layer: place.layer + 1 });
  }
}

const ROOT: FileEntry = {
  path: "/",
  type: "directory",
  size: 0,
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0,
  links: 1,
  layer: 0,
};

function depthOf(path: string): number {
  return path === "/" ? 0 : path.split("/").length - 1;
}

/** The parts of a path, of which `..` stays one. */
export function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
