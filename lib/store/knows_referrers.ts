import { UnsupportedError } from "../errors.ts";
import type { Referrers } from "./store.ts";

/**
 * Says whether a place knows what is about its content.
 *
 * @example
 * ```ts
 * import { knowsReferrers, MemoryStore } from "@davit/davit/store";
 *
 * console.assert(knowsReferrers(new MemoryStore()));
 * ```
 */
export function knowsReferrers(place: object): place is Referrers {
  return "referrers" in place && typeof place.referrers === "function";
}

/**
 * Passes a place on that knows what is about its content.
 *
 * @throws {UnsupportedError} For any other.
 */
export function requireReferrers<T extends { readonly label: string }>(place: T): T & Referrers {
  if (knowsReferrers(place)) return place;
  throw new UnsupportedError(
    `Cannot tell what is about an image in ${place.label}: expected a registry, an OCI layout or an OCI archive`,
  );
}
