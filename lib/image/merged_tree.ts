import type { Whiteout } from "../layer/whiteout.ts";
import type { TarHeader } from "../tar/entry.ts";
import { DocumentError, LimitExceededError } from "../errors.ts";
import { comparePaths } from "../layer/entry_path.ts";

/** The most symbolic links one path may lead through, as in Linux. */
const MAX_LINKS = 40;

/** The longest path and the longest target of a symbolic link, as in Linux. */
const MAX_PATH_LENGTH = 4096;

const SHORT_PATH = `a path of at most ${MAX_PATH_LENGTH} characters`;

/** The most files and directories: an image of ten million does not fit into this memory. */
const MAX_NODES = 4_000_000;

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

/** A file by one of its names. */
export interface TreeNode {
  /** What it is. */
  readonly inode: Inode;
  /** Its path: a directory's ends in `/`, the root's is `./`. */
  readonly path: string;
  /** The layer whose entry gave it this name, from 0; a hard link's file may come from below. */
  readonly layer: number;
}

/** What one layer does to the filesystem below it. */
export interface LayerChanges {
  /** What it hides. */
  readonly markers: readonly Whiteout[];
  /** What it brings, in its order. */
  readonly added: readonly (readonly [TarHeader, EntryPlace])[];
}

/** What every file has instead of a map of its own; nothing is ever put into it. */
const NO_CHILDREN: Map<string, Node> = new Map();

class Node implements TreeNode {
  inode: Inode;
  layer: number;
  readonly children: Map<string, Node>;
  /** The length of the path from the root. */
  readonly length: number;
  readonly #name: string;
  readonly #parent: Node | undefined;

  constructor(inode: Inode, layer: number, name: string, parent?: Node) {
    this.inode = inode;
    this.layer = layer;
    this.children = inode.header.type === "directory" ? new Map() : NO_CHILDREN;
    this.length = parent === undefined ? 0 : parent.length + name.length + 1;
    this.#name = name;
    this.#parent = parent;
  }

  /** The last part of the path, as it is sorted. */
  get name(): string {
    return this.inode.header.type === "directory" ? `${this.#name}/` : this.#name;
  }

  /** Put together when it is asked for: all the paths of a deep tree would fill the memory. */
  get path(): string {
    if (this.#parent === undefined) return "./";
    return this.#parent.length === 0 ? this.name : this.#parent.path + this.name;
  }
}

/**
 * The filesystem that layers make when each is applied to what the ones below made. Only headers
 * are kept, no content.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets image-spec, applying changesets}
 */
export class MergedTree {
  readonly #root: Node = new Node(impliedDirectory("."), -1, ".");
  #nodes = 0;

  /**
   * Applies what a layer says. A path that leads through symbolic links stays inside the root.
   *
   * Markers come first, wherever they stand: they hide what the layers below brought, through links
   * too, but for links in whose place the layer puts something else.
   */
  apply({ markers, added }: LayerChanges): void {
    const own = new Set(
      markers.length === 0 ? [] : added.flatMap(([{ type, name }]) => {
        return type === "symlink" ? [] : [cleanPath(name)];
      }),
    );
    for (const marker of markers) {
      if (marker.kind === "whiteout") this.#remove(marker.path, own);
      if (marker.kind === "opaque") {
        this.#directory(partsOf(marker.directory), own)?.children.clear();
      }
    }
    for (const [header, place] of added) this.#add(header, place);
  }

  #add(header: TarHeader, place: EntryPlace): void {
    const { linkName = "" } = header;
    if (header.type === "symlink" && linkName.length > MAX_PATH_LENGTH) {
      throw unsafe(header.name, `a target of at most ${MAX_PATH_LENGTH} characters`);
    }
    const parts = partsOf(header.name);
    const name = parts.pop();
    if (name === undefined) {
      if (header.type !== "directory") throw unsafe(header.name, "the root to be a directory");
      this.#root.inode = { header, place };
      this.#root.layer = place.layer;
      return;
    }
    const { layer } = place;
    const parent = this.#follow(parts, { maker: layer, last: true }) ?? this.#root;
    const existing = parent.children.get(name);
    const inode = header.type === "hardlink" ? this.#target(header) : { header, place };
    if (existing?.inode.header.type === "directory" && header.type === "directory") {
      existing.inode = inode;
      existing.layer = layer;
    } else {
      this.#make(parent, name, { inode, layer });
    }
  }

  /** Takes away a path and all below it. */
  #remove(path: string, own: ReadonlySet<string>): void {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name !== undefined) this.#directory(parts, own)?.children.delete(name);
  }

  /** The directory that a path of a marker leads to. @param own What the marker's layer brings. */
  #directory(parts: readonly string[], own: ReadonlySet<string>): Node | undefined {
    let node: Node = this.#root;
    for (const [index, part] of parts.entries()) {
      const child = node.children.get(part);
      if (child === undefined) return undefined;
      if (child.inode.header.type === "symlink") {
        const isReplaced = own.has(parts.slice(0, index + 1).join("/"));
        return isReplaced ? undefined : this.#follow(parts, { last: true });
      }
      node = child;
    }
    return node;
  }

  /** Every name of every file, parents first, siblings in the order of their bytes. */
  *nodes(): Generator<TreeNode> {
    if (this.#root.inode.place.layer >= 0) yield this.#root;
    const ahead = sortedChildren(this.#root);
    for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
      yield node;
      for (const child of sortedChildren(node)) ahead.push(child);
    }
  }

  /**
   * The file that has a path, which no symbolic link is followed for; `undefined` when none has.
   *
   * @throws {DocumentError} For a path that leads out of the root.
   */
  at(path: string): TreeNode | undefined {
    return this.#walk(path);
  }

  /** Every name below a path, parents first. */
  *below(path: string): Generator<TreeNode> {
    const start = this.#walk(path);
    const ahead = start === undefined ? [] : sortedChildren(start);
    for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
      yield node;
      for (const child of sortedChildren(node)) ahead.push(child);
    }
  }

  #walk(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const part of partsOf(path)) node = node?.children.get(part);
    return node;
  }

  /** Everything of another tree that is not here, without what lies below it. */
  *missing(other: MergedTree): Generator<TreeNode> {
    const ahead: (readonly [Node, Node])[] = [[other.#root, this.#root]];
    for (let pair = ahead.pop(); pair !== undefined; pair = ahead.pop()) {
      const [theirs, own] = pair;
      const below: (readonly [Node, Node])[] = [];
      for (const [name, child] of theirs.children) {
        const same = own.children.get(name);
        if (same === undefined) yield child;
        else if (same.inode.header.type === "directory") below.push([child, same]);
      }
      ahead.push(...below);
    }
  }

  #make(
    parent: Node,
    name: string,
    { inode, layer }: { readonly inode: Inode; readonly layer: number },
  ): Node {
    if (++this.#nodes > MAX_NODES) {
      throw new LimitExceededError("an image's files and directories", MAX_NODES);
    }
    const node = new Node(inode, layer, name, parent);
    if (node.length > MAX_PATH_LENGTH) throw unsafe(node.path, SHORT_PATH);
    parent.children.set(name, node);
    return node;
  }

  #target({ name, linkName = "" }: TarHeader): Inode {
    const node = this.#follow(partsOf(linkName, name));
    if (node === undefined || node.inode.header.type === "directory") {
      throw unsafe(name, `a hard link to a file, got one to ${JSON.stringify(linkName)}`);
    }
    return node.inode;
  }

  /**
   * @param maker The layer that makes what is missing on the way; nobody when absent.
   * @param last Whether a link at the end of the path is followed too.
   */
  #follow(
    parts: readonly string[],
    { maker, last = false }: { readonly maker?: number; readonly last?: boolean } = {},
  ): Node | undefined {
    const make = maker !== undefined;
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
      if (child?.inode.header.type === "symlink" && (last || !isLast)) {
        if (++links > MAX_LINKS) throw unsafe(parts.join("/"), "a path without a loop of links");
        const { linkName = "" } = child.inode.header;
        if (linkName.startsWith("/")) trail.length = 1;
        pending.push(...linkName.split("/").filter(isPart).reverse());
      } else if (child !== undefined && (child.inode.header.type === "directory" || !make)) {
        trail.push(child);
      } else if (make) {
        trail.push(this.#make(here, name, { inode: impliedDirectory(name), layer: maker }));
      } else {
        return undefined;
      }
    }
    return trail.at(-1);
  }
}

/** The path that an entry's name stands for where no symbolic link is on the way. */
export function cleanPath(name: string): string {
  return name.split("/").filter(isPart).join("/");
}

/** The last one first, as a stack wants them. */
function sortedChildren({ children }: Node): Node[] {
  return [...children.values()].sort((a, b) => comparePaths(b.name, a.name));
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

/** @param entry The entry that has the path, or links to it. */
function partsOf(path: string, entry = path): string[] {
  if (path.length > MAX_PATH_LENGTH) throw unsafe(entry, SHORT_PATH);
  const parts = path.split("/").filter(isPart);
  if (!parts.includes("..")) return parts;
  throw unsafe(entry, path === entry ? `a path without ".."` : `a link without "..", got ${path}`);
}

function isPart(part: string): boolean {
  return part !== "" && part !== ".";
}

function unsafe(path: string, expected: string): DocumentError {
  return new DocumentError(
    `Cannot apply the entry ${JSON.stringify(path.slice(0, 150))}: expected ${expected}`,
  );
}
