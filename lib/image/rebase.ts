import type { Layer } from "../layer/layer.ts";
import { RetypedLayer } from "../layer/retyped_layer.ts";
import { familyOf, toFamily } from "../oci/media_type.ts";
import { formatPlatform, type Platform } from "../oci/platform.ts";
import { DocumentError, PlatformError } from "../errors.ts";
import { setOrRemove } from "./config_text.ts";
import { editImage, type Stack } from "./edit_image.ts";
import { type HistoryText, historyTexts } from "./history.ts";
import type { Image } from "./image.ts";
import { platformOf } from "./select.ts";

/** The two bases of {@linkcode rebaseImage}. */
export interface Bases {
  /** What the image was built on: its layers are the image's lowest. */
  readonly oldBase: Image;
  /** What takes its place. */
  readonly newBase: Image;
}

/** What the new base decides where it says it: it brings the system that all layers run on. */
const PLATFORM_FIELDS = ["os", "architecture", "variant", "os.version", "os.features"] as const;

/**
 * Puts the layers of an image that lie above its base onto another base, with their history. The
 * config stays the image's own but for the platform; so do annotations, media types, and all that
 * nobody knows. No layer is read.
 *
 * @throws {DocumentError} Through the view: when the image is not based on the old base.
 * @throws {PlatformError} Through the view: when the new base is for another platform.
 * @example
 * ```ts
 * import { appendLayers, emptyImage, rebaseImage } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 *
 * const layer = (path: string) => layerFromEntries([{ path, content: path }]);
 * const oldBase = appendLayers(emptyImage(), [layer("v1")]);
 * const newBase = appendLayers(emptyImage(), [layer("v2"), layer("more")]);
 * const image = rebaseImage(appendLayers(oldBase, [layer("app")]), { oldBase, newBase });
 * console.assert((await image.layers()).length === 3);
 * ```
 */
export function rebaseImage(image: Image, bases: Bases): Image {
  const { newBase } = bases;
  return editImage(image, {
    stack: () => restack(image, bases),
    async config(text) {
      const platform = await platformOf(newBase);
      return PLATFORM_FIELDS.reduce(
        (edited, field) => setOrRemove(edited, [field], platform?.[field]),
        text,
      );
    },
    async descriptor(descriptor) {
      const { platform } = descriptor;
      if (platform === undefined) return descriptor;
      return { ...descriptor, platform: { ...platform, ...await platformOf(newBase) } };
    },
  });
}

/**
 * Says whether the lowest layers of an image are those of another, in whatever compression.
 *
 * @returns The position of the first layer that differs or is missing; `undefined` when none does.
 */
export async function findDifference(image: Image, base: Image): Promise<number | undefined> {
  const layers = await image.layers();
  for (const [position, layer] of (await base.layers()).entries()) {
    const own = layers[position];
    if (own === undefined || !await isSameLayer(own, layer)) return position;
  }
  return undefined;
}

async function isSameLayer(one: Layer, other: Layer): Promise<boolean> {
  return await one.digest() === await other.digest() || await one.diffId() === await other.diffId();
}

async function restack(image: Image, { oldBase, newBase }: Bases): Promise<Stack> {
  await expectBase(image, oldBase);
  await expectPlatform(image, newBase);
  const [layers, below, above] = await Promise.all(
    [image, oldBase, newBase].map((view) => view.layers()),
  );
  const family = familyOf((await image.descriptor()).mediaType);
  const depth = below?.length ?? 0;
  const ground = (above ?? []).map((layer, position) => (
    { layer: inFamily(layer, family), from: { image: newBase, position } }
  ));
  const own = (layers ?? []).map((layer, position) => ({ layer, from: { image, position } }));
  return {
    layers: [...ground, ...own.slice(depth)],
    async history() {
      const [mine, old, fresh] = await Promise.all([
        historyOf(image, own.length),
        historyOf(oldBase, depth),
        historyOf(newBase, ground.length),
      ]);
      const kept = mine.slice(startOfOwn(mine, old, depth)).map(({ text }) => text);
      const isTold = kept.length + fresh.length > 0;
      const blank = (count: number) => Array.from({ length: isTold ? count : 0 }, () => "{}");
      return [
        ...(fresh.length > 0 ? fresh.map(({ text }) => text) : blank(ground.length)),
        ...(mine.length > 0 ? kept : blank(own.length - depth)),
      ];
    },
  };
}

async function historyOf(image: Image, layers: number): Promise<readonly HistoryText[]> {
  return historyTexts(await image.config(), layers);
}

/** Where the base's part of a history ends. */
function startOfOwn(
  mine: readonly HistoryText[],
  old: readonly HistoryText[],
  depth: number,
): number {
  const isOwn = ({ layer }: HistoryText): boolean => layer !== undefined && layer >= depth;
  const fits = old.length <= mine.length && !mine.slice(0, old.length).some(isOwn) &&
    mine.slice(old.length).every(({ layer }) => layer === undefined || layer >= depth);
  if (fits) return old.length;
  const first = mine.findIndex(isOwn);
  return first < 0 ? mine.length : first;
}

function inFamily(layer: Layer, family: "oci" | "docker"): Layer {
  const wanted = toFamily(layer.mediaType, family);
  return wanted === layer.mediaType ? layer : new RetypedLayer(layer, wanted);
}

async function expectBase(image: Image, base: Image): Promise<void> {
  const position = await findDifference(image, base);
  if (position === undefined) return;
  const [own, old] = [(await image.layers())[position], (await base.layers())[position]];
  const got = own === undefined ? "no such layer" : `"${await own.digest()}"`;
  throw new DocumentError(
    `Cannot rebase "${(await image.descriptor()).digest}": it is not based on the old base ` +
      `"${(await base.descriptor()).digest}": as layer ${position + 1} expected ` +
      `"${await old?.digest()}", got ${got}`,
  );
}

async function expectPlatform(image: Image, base: Image): Promise<void> {
  const [own, wanted] = [await platformOf(image), await platformOf(base)];
  if (own === undefined || wanted === undefined || isSameMachine(own, wanted)) return;
  throw new PlatformError(
    `Cannot rebase an image for ${formatPlatform(own)}: the new base is for ` +
      formatPlatform(wanted),
    [formatPlatform(wanted)],
  );
}

function isSameMachine(one: Platform, other: Platform): boolean {
  return one.os === other.os && one.architecture === other.architecture;
}
