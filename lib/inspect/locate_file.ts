import { DocumentError, TarError } from "../errors.ts";
import type { Whiteout } from "../layer/whiteout.ts";
import { FileTree, partsOf } from "./file_tree.ts";
import type { LayerListing } from "./layer_listing.ts";
import { findUngrounded, type Ungrounded } from "./ungrounded.ts";

/** What the upper layers of an image say of a path, when those below are not known. */
export type Decision =
  /** They decide: it is there, or it is not. */
  | { readonly kind: "decided"; readonly tree: FileTree }
  /** It depends on the layers below. */
  | { readonly kind: "open" };

const OPEN: Decision = { kind: "open" };

/**
 * Decides what a path leads to by the upper layers of an image alone, or says that it cannot. A
 * directory that no known layer lists may be a link below, so that what is under it could be
 * elsewhere: where that could matter, the layers below are asked.
 *
 * @param listings The known layers, lowest first. @param lowest The number of the lowest, from 0.
 */
export function decideUpward(
  path: string,
  listings: readonly LayerListing[],
  lowest: number,
): Decision {
  const tree = treeOf(listings, lowest);
  if (tree === undefined) return OPEN;
  if (lowest === 0) return { kind: "decided", tree };
  const parts = partsOf(path);
  const walk = new Walk(tree, listings);
  if (parts.includes("..") || !walk.isCertain(parts)) return OPEN;
  return { kind: "decided", tree };
}

/** A broken entry may become right by the layers below; with all of them it is what it is. */
function treeOf(listings: readonly LayerListing[], lowest: number): FileTree | undefined {
  try {
    return new FileTree(listings, lowest);
  } catch (error) {
    if (lowest === 0 || !(error instanceof DocumentError || error instanceof TarError)) throw error;
    return undefined;
  }
}

const MAX_LINKS = 40;

/** Follows one path through known layers, as long as every step is certain. */
class Walk {
  readonly #tree: FileTree;
  readonly #listings: readonly LayerListing[];
  readonly #ungrounded: readonly Ungrounded[];

  constructor(tree: FileTree, listings: readonly LayerListing[]) {
    this.#tree = tree;
    this.#listings = listings;
    this.#ungrounded = findUngrounded(listings);
  }

  isCertain(parts: readonly string[], links = 0): boolean {
    if (links > MAX_LINKS || this.#mayBeAliased(parts)) return false;
    let isGrounded = true;
    for (const [index, part] of parts.entries()) {
      const above = parts.slice(0, index);
      const here = [...above, part].join("/");
      const header = this.#tree.headerAt(here);
      if (header === undefined) return this.#isHidden(here) && !this.#hasUngrounded();
      if (!this.#tree.isListed(here)) isGrounded = false;
      if (header.type !== "symlink") {
        if (header.type !== "directory") return true;
        continue;
      }
      const { linkName = "" } = header;
      if (!isGrounded && !linkName.startsWith("/")) return false;
      if (/[^./][^/]*\/+\.\.(?:\/|$)/.test(linkName)) return false;
      const target = linkName.startsWith("/") ? [] : above;
      const next = [...target, ...partsOf(linkName), ...parts.slice(index + 1)];
      return this.isCertain(withoutParents(next), links + 1);
    }
    return false; // a directory: what is in it, the layers below may know
  }

  /** Whether a known layer hides a path from all layers below. */
  #isHidden(path: string): boolean {
    return this.#listings.some(({ markers }) => markers.some((marker) => hides(marker, path)));
  }

  /** Whether a known entry may lie elsewhere: it may make any directory. */
  #hasUngrounded(): boolean {
    return this.#ungrounded.some(({ kind }) => kind === "entry");
  }

  /** Whether something that the layers say of other paths may be about this one. */
  #mayBeAliased(parts: readonly string[]): boolean {
    const path = parts.join("/");
    return this.#ungrounded.some(({ kind, path: other, isReplaced }) => {
      const isOnTheWay = path === other || path.startsWith(`${other}/`);
      if (kind === "opaque") return isReplaced || !isOnTheWay;
      const name = other.slice(other.lastIndexOf("/") + 1);
      const times = parts.filter((part) => part === name).length;
      if (times === 1 && isOnTheWay) return isReplaced; // where else could it lie?
      return times > 0;
    });
  }
}

function hides(marker: Whiteout, path: string): boolean {
  if (marker.kind === "whiteout") return path === marker.path || path.startsWith(`${marker.path}/`);
  if (marker.kind === "metadata") return false;
  return marker.directory === "" || path.startsWith(`${marker.directory}/`);
}

/** Takes `..` back by the words: certain where the path before it leads through no link. */
function withoutParents(parts: readonly string[]): readonly string[] {
  const clean: string[] = [];
  for (const part of parts) {
    if (part === "..") clean.pop();
    else clean.push(part);
  }
  return clean;
}
