import type { TarHeader } from "../tar/entry.ts";
import { DocumentError } from "../errors.ts";

/** The most symbolic links one path may lead through, as in Linux. */
const MAX_LINKS = 40;

/** Where an entry stands: which layer, and the how-manieth entry of its tar. */
export interface EntryPlace {
  /** The layer, counted from the base, from 0. */
  readonly layer: number;
  /** The entry in the layer's tar, from 0. */
  readonly ordinal: number;
}

/** What a file is, apart from its names: hard links share it. */
export interface Inode {
  /** The header of the entry that made it. */
  readonly header: TarHeader;
  /** Where that entry stands. */
  readonly place: EntryPlace;
}

interface Node {
  inode: Inode;
  readonly children: Map<string, Node>;
}

/**
 * The filesystem that layers make when each is applied to what the ones below made. Only headers
 * are kept, no content.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets image-spec, applying changesets}
 */
export class MergedTree {
  readonly #root: Node = { inode: impliedDirectory("."), children: new Map() };

  /** Applies an entry of a layer; a path that leads through symbolic links stays inside the root. */
  add(header: TarHeader, place: EntryPlace): void {
    const parts = partsOf(header.name);
    const name = parts.pop();
    if (name === undefined) {
      if (header.type !== "directory") throw unsafe(header.name, "the root to be a directory");
      this.#root.inode = { header, place };
      return;
    }
    const parent = this.#makeDirectory(parts);
    const existing = parent.children.get(name);
    const inode = header.type === "hardlink" ? this.#target(header) : { header, place };
    if (existing?.inode.header.type === "directory" && header.type === "directory") {
      existing.inode = inode;
    } else {
      parent.children.set(name, { inode, children: new Map() });
    }
  }

  /** Takes away a path and all below it. */
  remove(path: string): void {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name !== undefined) this.#find(parts)?.children.delete(name);
  }

  /** Takes away all that is below a directory. */
  empty(path: string): void {
    this.#find(partsOf(path))?.children.clear();
  }

  /** Every path with what it is, parents first, siblings in the order they came. */
  *entries(): Generator<readonly [path: string, inode: Inode]> {
    if (this.#root.inode.place.layer >= 0) yield ["./", this.#root.inode];
    yield* walk(this.#root, "");
  }

  #target({ name, linkName = "" }: TarHeader): Inode {
    const node = this.#find(partsOf(linkName));
    if (node === undefined || node.inode.header.type === "directory") {
      throw unsafe(name, `a hard link to a file, got one to ${JSON.stringify(linkName)}`);
    }
    return node.inode;
  }

  #find(parts: readonly string[]): Node | undefined {
    return this.#follow(parts, false);
  }

  #makeDirectory(parts: readonly string[]): Node {
    return this.#follow(parts, true) ?? this.#root;
  }

  #follow(parts: readonly string[], make: boolean): Node | undefined {
    const pending = [...parts].reverse();
    const trail: Node[] = [this.#root];
    for (let links = 0; pending.length > 0;) {
      const name = pending.pop() ?? "";
      const here = trail.at(-1) ?? this.#root;
      if (name === "..") {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const child = here.children.get(name);
      const isLast = pending.length === 0;
      if (child?.inode.header.type === "symlink" && (make || !isLast)) {
        if (++links > MAX_LINKS) throw unsafe(parts.join("/"), "a path without a loop of links");
        const { linkName = "" } = child.inode.header;
        if (linkName.startsWith("/")) trail.length = 1;
        pending.push(...linkName.split("/").filter(isPart).reverse());
      } else if (child !== undefined && (child.inode.header.type === "directory" || !make)) {
        trail.push(child);
      } else if (make) {
        const made = { inode: impliedDirectory(name), children: new Map() };
        here.children.set(name, made);
        trail.push(made);
      } else {
        return undefined;
      }
    }
    return trail.at(-1);
  }
}

function* walk(node: Node, prefix: string): Generator<readonly [string, Inode]> {
  for (const [name, child] of node.children) {
    const path = `${prefix}${name}`;
    const isDirectory = child.inode.header.type === "directory";
    yield [isDirectory ? `${path}/` : path, child.inode];
    yield* walk(child, `${path}/`);
  }
}

/** A directory that no entry made, only the paths of others. */
function impliedDirectory(name: string): Inode {
  const header = {
    type: "directory",
    name,
    size: 0,
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: 0,
  } as const;
  return { header, place: { layer: -1, ordinal: 0 } };
}

function partsOf(path: string): string[] {
  const parts = path.split("/").filter(isPart);
  if (parts.includes("..")) throw unsafe(path, `a path without ".."`);
  return parts;
}

function isPart(part: string): boolean {
  return part !== "" && part !== ".";
}

function unsafe(path: string, expected: string): DocumentError {
  return new DocumentError(
    `Cannot apply the entry ${JSON.stringify(path.slice(0, 150))}: expected ${expected}`,
  );
}
