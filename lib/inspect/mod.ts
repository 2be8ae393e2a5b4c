/**
 * Looking at images: whether they are what they say.
 *
 * @example
 * ```ts
 * import { emptyImage } from "@davit/davit/image";
 * import { validateView } from "@davit/davit/inspect";
 *
 * const { isValid } = await validateView(emptyImage());
 * console.assert(isValid);
 * ```
 *
 * @module
 */

export { type ValidateOptions, validateView } from "./validate.ts";
export type * from "./validation.ts";
