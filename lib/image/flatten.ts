import type { LayerOptions } from "../layer/layer_options.ts";
import { TarLayer } from "../layer/tar_layer.ts";
import { familyOf, isImageConfigType } from "../oci/media_type.ts";
import { UnsupportedError } from "../errors.ts";
import { lazy } from "../stream/lazy.ts";
import { configureImage } from "./configure.ts";
import { editImage, type Stack } from "./edit_image.ts";
import { historyTexts } from "./history.ts";
import type { Image } from "./image.ts";
import { mergedTar, type MergeOptions } from "./merged_tar.ts";

/** Options of {@linkcode flattenImage}. */
export interface FlattenOptions
  extends Pick<LayerOptions, "compression" | "level" | "workers">, Pick<MergeOptions, "keep"> {
  /** How many layers from the top become one; all unless said. */
  readonly top?: number;
  /** When that was, RFC 3339: the time of the image and of the new history entry; not said unless said. */
  readonly created?: string;
  /** What the history says made the layer; `davit flatten` and the image's digest unless said. */
  readonly createdBy?: string;
}

/**
 * Makes one layer of all layers of an image, or of those on top: what upper ones removed or replaced
 * is gone from it, hard links stay links. The former history goes into the comment of the one entry
 * that takes its place, and nothing else changes but what `diff_ids` and `layers` say.
 *
 * The same image gives the same digest, anywhere.
 *
 * @throws {UnsupportedError} Through the view: for an artifact, whose layers are no filesystem.
 * @throws {RangeError} When `top` is no positive whole number.
 * @example
 * ```ts
 * import { appendLayers, emptyImage, flattenImage } from "@davit/davit/image";
 * import { layerFromEntries, whiteout } from "@davit/davit/layer";
 *
 * const image = appendLayers(emptyImage(), [
 *   layerFromEntries([{ path: "secret", content: "…" }, { path: "app", content: "…" }]),
 *   layerFromEntries([whiteout("secret")]),
 * ]);
 * console.assert((await flattenImage(image).layers()).length === 1);
 * ```
 */
export function flattenImage(base: Image, options: FlattenOptions = {}): Image {
  const { top = Infinity, created } = options;
  if (top !== Infinity && !(Number.isSafeInteger(top) && top > 0)) {
    throw new RangeError(`Cannot squash the top ${top} layers: expected a positive whole number`);
  }
  const flat = editImage(base, { stack: () => flatStack(base, options) });
  return created === undefined ? flat : configureImage(flat, { created });
}

async function flatStack(base: Image, options: FlattenOptions): Promise<Stack> {
  await expectFilesystem(base);
  const { top = Infinity, keep = true, created, compression, level, workers } = options;
  const layers = await base.layers();
  const split = Math.max(0, layers.length - top);
  const kept = layers.slice(0, split).map((layer, position) => (
    { layer, from: { image: base, position } }
  ));
  const { digest, mediaType } = await base.descriptor();
  const { createdBy = `davit flatten ${digest}` } = options;
  const form = {
    family: familyOf(mediaType),
    ...(compression && { compression }),
    ...(level && { level }),
    ...(workers !== undefined && { workers }),
  };
  const flat = new TarLayer(
    () => lazy((signal) => mergedTar(layers, { directories: "first", split, keep, signal })),
    form,
  );
  return {
    layers: [...kept, { layer: flat }],
    async history() {
      const entries = historyTexts(await base.config(), layers.length);
      const first = entries.findIndex(({ layer }) => layer !== undefined && layer >= split);
      const at = split === 0 || first < 0 ? 0 : first;
      const below = entries.slice(0, at).map(({ text }) => text);
      const merged = entries.slice(at).map(({ text }) => text);
      const entry = {
        ...(created === undefined ? {} : { created }),
        "created_by": createdBy,
        ...(merged.length === 0 ? {} : { comment: `[${merged.join(",")}]` }),
      };
      const blank = entries.length === 0 ? kept.map(() => "{}") : [];
      return [...blank, ...below, JSON.stringify(entry)];
    },
  };
}

async function expectFilesystem(image: Image): Promise<void> {
  const { mediaType, digest } = await image.configDescriptor();
  if (isImageConfigType(mediaType)) return;
  throw new UnsupportedError(
    `Cannot flatten the image of config "${digest}": expected an image config, got "${mediaType}"`,
  );
}
