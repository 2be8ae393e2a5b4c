import { UnsupportedError } from "../errors.ts";
import { type Layer, opensAgain } from "../layer/layer.ts";
import type { LayerOptions } from "../layer/layer_options.ts";
import { windowsLayer } from "../layer/windows_layer.ts";
import type { AddedLayer } from "./edit_image.ts";
import type { Image } from "./image.ts";
import { platformOf } from "./select.ts";

/** Gives layers the form that an image wants them in. */
export type LayerAdapter = (
  image: Image,
  added: readonly AddedLayer[],
) => Promise<readonly AddedLayer[]>;

/**
 * Lets the same layers go onto images of several systems: those for Windows get them in the form
 * that Windows unpacks, made once for all of them; the others as they are.
 *
 * @param options How a layer of the other form is compressed; as the layer was, unless said.
 * @throws {UnsupportedError} Through the adapter: when images of both sorts want a layer that can
 * be read once.
 * @example
 * ```ts
 * import { appendLayers, emptyImage, layerAdapter } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 *
 * const adapt = layerAdapter();
 * const base = emptyImage({ platform: { os: "windows", architecture: "amd64" } });
 * const layer = layerFromEntries([{ path: "app.exe", content: "MZ" }]);
 * const image = appendLayers(base, await adapt(base, [{ layer }]));
 * console.assert((await image.layers()).length === 1);
 * ```
 */
export function layerAdapter(options: LayerOptions = {}): LayerAdapter {
  const forWindows = new Map<Layer, Layer>();
  const asTheyAre = new Set<Layer>();
  return async (image, added) => {
    const isWindows = (await platformOf(image))?.os === "windows";
    return added.map((item) => {
      const { layer } = item;
      const adapted = isWindows ? forWindows.get(layer) ?? windowsLayer(layer, options) : layer;
      if (isWindows) forWindows.set(layer, adapted);
      else asTheyAre.add(layer);
      if (forWindows.has(layer) && asTheyAre.has(layer) && !opensAgain(layer)) throw readOnce();
      return { ...item, layer: adapted };
    });
  };
}

function readOnce(): UnsupportedError {
  return new UnsupportedError(
    "Cannot put a layer that can be read once on images for Windows and for others: expected a " +
      "file, or images of one of both",
  );
}
