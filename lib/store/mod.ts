/**
 * Places that hold content, and the one engine that moves content between them. A place is a
 * {@linkcode Source}, a {@linkcode Destination} or both, a {@linkcode Store}; `copy` is push, pull,
 * save, load and import alike.
 *
 * @example
 * ```ts
 * import { copy, MemoryStore } from "@davit/davit/store";
 * import { emptyImage } from "@davit/davit/image";
 *
 * await using store = new MemoryStore();
 * await copy(emptyImage(), store, { names: ["v1"] });
 * await store.commit();
 * const image = await store.open("v1");
 * console.assert(image.kind === "image");
 * ```
 *
 * @module
 */

export { Attachments, isReferrersTag } from "./attachments.ts";
export * from "./content.ts";
export * from "./copy.ts";
export * from "./delta.ts";
export type * from "./events.ts";
export * from "./knows_referrers.ts";
export * from "./memory.ts";
export { Permits } from "./permits.ts";
export { type CopyPlan, planCopy, type PlannedTransfer } from "./plan_copy.ts";
export type * from "./store.ts";
