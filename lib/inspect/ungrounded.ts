import { cleanPath } from "./entry_paths.ts";
import type { LayerListing } from "./layer_listing.ts";

/**
 * Something that a layer says of a path of which a part may be a link in a layer that is not known:
 * it may be about another path.
 */
export interface Ungrounded {
  /** What it is: an entry, or a marker. */
  readonly kind: "entry" | "whiteout" | "opaque";
  /** What it says it is about. */
  readonly path: string;
  /** Whether what may be a link is a directory above, so that both paths part. */
  readonly isReplaced: boolean;
}

/** Finds what known layers may say of other paths than it seems. @param listings Lowest first. */
export function findUngrounded(listings: readonly LayerListing[]): readonly Ungrounded[] {
  const found: (Pick<Ungrounded, "kind" | "path"> & { readonly unknown: readonly string[] })[] = [];
  const known = new Set<string>();
  const look = (kind: Ungrounded["kind"], path: string, ways: readonly string[]) => {
    const unknown = ways.filter((way) => !known.has(way));
    if (unknown.length > 0) found.push({ kind, path, unknown });
  };
  for (const { entries, markers } of listings) {
    // A marker hides nothing through a link that its own layer replaces.
    const own = entries.filter(({ header }) => header.type !== "symlink")
      .map(({ header }) => cleanPath(header.name));
    const fresh = markers.length === 0 ? [] : own.filter((path) => !known.has(path));
    for (const path of fresh) known.add(path);
    for (const marker of markers) {
      if (marker.kind === "whiteout") look("whiteout", marker.path, waysTo(marker.path));
      if (marker.kind !== "opaque") continue;
      look("opaque", marker.directory, [...waysTo(marker.directory), marker.directory]);
    }
    for (const path of fresh) known.delete(path);
    for (const { header } of entries) {
      const path = cleanPath(header.name);
      look("entry", path, waysTo(path));
      if (header.type === "symlink") known.delete(path);
      else known.add(path);
    }
  }
  return found.map(({ unknown, ...item }) => (
    { ...item, isReplaced: unknown.some((way) => known.has(way)) }
  ));
}

/** The directories that a path leads through. */
function waysTo(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
