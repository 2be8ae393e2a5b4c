import { NotFoundError, UnauthorizedError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Destination, Store } from "../store/store.ts";
import { formatLocation, type Location } from "./location.ts";

/**
 * Finds what a copy would replace: the first of the names that a registry or a layout has already,
 * or an archive's file. Where a registry forbids to look, nothing counts as there, as many forbid
 * what does not exist.
 *
 * @param destination The place of the location, opened for writing.
 * @returns What is taken, for messages; `undefined` when nothing is.
 * @example
 * ```ts
 * import { findTaken, parseLocation } from "@davit/davit/places";
 * import { MemoryStore } from "@davit/davit/store";
 *
 * await using store = new MemoryStore();
 * const location = parseLocation("registry.example/app");
 * console.assert(await findTaken(location, store, { names: ["v1"] }) === undefined);
 * ```
 */
export async function findTaken(
  location: Location,
  destination: Destination,
  options: CallOptions & { readonly names: readonly string[] },
): Promise<string | undefined> {
  if ("path" in location && location.kind !== "oci") {
    const exists = await Deno.lstat(location.path).then(() => true, () => false);
    return exists ? formatLocation(location) : undefined;
  }
  if (!isStore(destination)) return undefined;
  for (const name of options.names) {
    if (await isThere(destination, name, options)) return `${destination.label}:${name}`;
  }
  return undefined;
}

function isStore(destination: Destination): destination is Store {
  return "resolve" in destination;
}

async function isThere(store: Store, name: string, options: CallOptions): Promise<boolean> {
  try {
    await store.resolve(name, options);
    return true;
  } catch (error) {
    const isForbidden = error instanceof UnauthorizedError && error.status === 403;
    if (error instanceof NotFoundError || isForbidden) return false;
    throw error;
  }
}
