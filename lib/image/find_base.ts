import { PlatformError } from "../errors.ts";
import type { Image, View } from "./image.ts";
import { findDifference } from "./rebase.ts";
import { platformOf, selectImage } from "./select.ts";

/** What may be the base of an image. */
export interface BaseCandidate {
  /** What it is called. */
  readonly name: string;
  /** The image, or the index that has it. */
  readonly view: View;
}

/** The base that was found. */
export interface FoundBase {
  /** What the candidate is called. */
  readonly name: string;
  /** The image of it for the same platform. */
  readonly image: Image;
}

/**
 * Finds what an image was built on: of all candidates the one with the most layers, all of which are
 * the image's lowest. The image itself, and what has as many layers, is none.
 *
 * @returns `undefined` when no candidate is a base.
 * @example
 * ```ts
 * import { appendLayers, emptyImage, findBase } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 *
 * const base = appendLayers(emptyImage(), [layerFromEntries([{ path: "base" }])]);
 * const image = appendLayers(base, [layerFromEntries([{ path: "app" }])]);
 * const found = await findBase(image, [{ name: "base", view: base }]);
 * console.assert(found?.name === "base");
 * ```
 */
export async function findBase(
  image: Image,
  candidates: Iterable<BaseCandidate> | AsyncIterable<BaseCandidate>,
): Promise<FoundBase | undefined> {
  const depth = (await image.layers()).length;
  let best: FoundBase | undefined;
  let most = 0;
  for await (const { name, view } of candidates) {
    const base = await imageFor(image, view);
    const layers = (await base?.layers())?.length ?? 0;
    if (base === undefined || layers <= most || layers >= depth) continue;
    if (await findDifference(image, base) !== undefined) continue;
    best = { name, image: base };
    most = layers;
  }
  return best;
}

async function imageFor(image: Image, view: View): Promise<Image | undefined> {
  if (view.kind === "blob") return undefined;
  try {
    return await selectImage(view, await platformOf(image));
  } catch (error) {
    if (error instanceof PlatformError) return undefined;
    throw error;
  }
}
