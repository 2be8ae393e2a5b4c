import { NotFoundError } from "../errors.ts";
import { editImage, type Stack } from "./edit_image.ts";
import { historyTexts } from "./history.ts";
import type { Image } from "./image.ts";

/**
 * Takes layers out of an image, with their history. What layers above removed or replaced of them
 * stays as it is.
 *
 * @param named Each a digest, a diff ID, or `top` for the uppermost.
 * @throws {NotFoundError} Through the view: when the image has no such layer.
 */
export function removeLayers(base: Image, named: readonly string[]): Image {
  return editImage(base, { stack: () => withoutLayers(base, named) });
}

async function withoutLayers(base: Image, named: readonly string[]): Promise<Stack> {
  const layers = await base.layers();
  const names = await Promise.all(
    layers.map(async (layer) => [await layer.digest(), await layer.diffId()]),
  );
  const removed = new Set(named.map((name) => {
    const position = name === "top"
      ? layers.length - 1
      : names.findIndex((known) => known.some((digest) => digest === name));
    if (position < 0) throw new NotFoundError("layer", name, "the image");
    return position;
  }));
  const kept = layers.map((layer, position) => ({ layer, from: { image: base, position } }))
    .filter(({ from }) => !removed.has(from.position));
  return {
    layers: kept,
    async history() {
      const entries = historyTexts(await base.config(), layers.length);
      return entries.filter(({ layer }) => layer === undefined || !removed.has(layer))
        .map(({ text }) => text);
    },
  };
}
