/**
 * Places by name: text such as `oci:build:v1` or `registry.example/app` to a location, and a
 * location to the store behind it.
 *
 * @example
 * ```ts
 * import { openSource, parseLocation } from "@davit/davit/places";
 * import { Transport } from "@davit/davit/registry";
 *
 * async function digestOf(place: string): Promise<string> {
 *   await using transport = new Transport();
 *   await using opened = await openSource(parseLocation(place), { transport });
 *   return (await opened.view.descriptor()).digest;
 * }
 * console.assert(digestOf.length === 1);
 * ```
 *
 * @module
 */

export { findTaken } from "./find_taken.ts";
export * from "./location.ts";
export * from "./open.ts";
export { resolveLocation } from "./resolve_location.ts";
export { LOCATION_FORMS } from "./transport.ts";
