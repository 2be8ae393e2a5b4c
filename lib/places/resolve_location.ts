import type { Location } from "./location.ts";

/** Makes a relative path relative to a directory. An absolute one, and what is in `.`, stays. */
export function resolvePath(path: string, directory: string): string {
  return path.startsWith("/") || directory === "." ? path : `${directory}/${path}`;
}

/**
 * Makes the relative path of a location relative to a directory; a registry has none.
 *
 * @example
 * ```ts
 * import { formatLocation, parseLocation, resolveLocation } from "@davit/davit/places";
 *
 * const location = resolveLocation(parseLocation("oci:layout:v1"), "build");
 * console.assert(formatLocation(location) === "oci:build/layout:v1");
 * ```
 */
export function resolveLocation(location: Location, directory: string): Location {
  if (!("path" in location)) return location;
  return { ...location, path: resolvePath(location.path, directory) };
}
