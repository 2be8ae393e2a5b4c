import { appendLayers } from "../image/append.ts";
import { annotateImage, configureImage } from "../image/configure.ts";
import { createIndex } from "../image/create_index.ts";
import { emptyImage } from "../image/empty.ts";
import type { Image, View } from "../image/image.ts";
import { type LayerAdapter, layerAdapter } from "../image/layer_adapter.ts";
import { mapImages } from "../image/map_images.ts";
import { platformOf, selectImage } from "../image/select.ts";
import type { Layer } from "../layer/layer.ts";
import { type Compression, familyOf, type MediaFamily } from "../oci/media_type.ts";
import { parsePlatform, type Platform } from "../oci/platform.ts";
import { present } from "../oci/present.ts";
import { SpecError } from "../errors.ts";
import { resolvePath } from "../places/resolve_location.ts";
import {
  composeLayer,
  type ComposeLayerOptions,
  describeLayer,
  expectPresent,
  type OneLayerSpec,
} from "./compose_layer.ts";
import { KnownLayers } from "./known_layers.ts";
import type { LayerCache } from "./layer_cache.ts";
import { recallLayer } from "./recall_layer.ts";
import type { BuildSpec, ConfigSpec, LayerSpec } from "./spec.ts";
import { splitCopy } from "./split_copy.ts";

/** The end of the year 9999, in seconds since 1970: RFC 3339 has no later one. */
const LAST_SECOND = 253_402_300_799;

/** What composing a view needs from outside. */
export interface ComposeOptions {
  /** Opens the base that a spec names; never called for `scratch`. */
  readonly open: (base: string) => Promise<View>;
  /** The directory that local paths are relative to; the current one unless said. */
  readonly directory?: string;
  /** Seconds since 1970 of what is made, where the spec does not say; 0 unless said. */
  readonly created?: number;
  /** How many workers compress; the result is the same. One a core unless said. */
  readonly workers?: number;
  /** How new layers are compressed, whatever the spec says: as the place wants it. */
  readonly compression?: Compression;
  /** What is known of layers that were built before. */
  readonly cache?: LayerCache;
  /** The layers of the composition before this one, all else being the same. */
  readonly layers?: KnownLayers;
}

/**
 * Makes the image, or index, that a spec describes: a lazy view, nothing is read or written yet
 * but the documents of the base.
 *
 * @throws {SpecError} When the spec contradicts itself or its base.
 * @example
 * ```ts
 * import { composeView } from "@davit/davit/compose";
 *
 * const spec = { from: "scratch", layers: [{ files: { "etc/motd": "ahoy" } }] };
 * const view = await composeView(spec, { open: () => Promise.reject(new Error("no base")) });
 * console.assert(view.kind === "image");
 * ```
 */
export async function composeView(spec: BuildSpec, options: ComposeOptions): Promise<View> {
  const platforms = spec.platforms?.map(parsePlatform);
  const base = spec.from === "scratch" ? undefined : await options.open(spec.from);
  const family = base === undefined ? "oci" : familyOf((await base.descriptor()).mediaType);
  const composer = new Composer(spec, family, options);
  if (platforms === undefined) {
    return await mapImages(base ?? emptyImage(), (image) => composer.compose(image));
  }
  const entries = await Promise.all(platforms.map(async (platform) => {
    const image = base === undefined ? emptyImage({ platform }) : await selectImage(base, platform);
    return { image: await composer.compose(image, platform), platform };
  }));
  const [only, ...others] = entries;
  if (only !== undefined && others.length === 0) return only.image;
  return createIndex(entries, spec.annotations);
}

/** Applies one spec to images; what does not depend on the platform is made once for all. */
class Composer {
  readonly #spec: BuildSpec;
  readonly #options: ComposeLayerOptions;
  readonly #created: string;
  readonly #cache: LayerCache | undefined;
  readonly #layers: KnownLayers;
  readonly #adapt: LayerAdapter;

  constructor(spec: BuildSpec, family: MediaFamily, options: ComposeOptions) {
    const { directory = ".", created = 0, workers, cache, layers = new KnownLayers() } = options;
    const compression = options.compression ?? spec.compression;
    const seconds = secondsOf(spec.created ?? created);
    this.#spec = spec;
    this.#cache = cache;
    this.#layers = layers;
    this.#created = `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
    this.#options = {
      family,
      mtime: seconds,
      locate: (path) => resolvePath(path, directory),
      ...present({ compression, level: levelFor(compression, spec), workers }),
    };
    this.#adapt = layerAdapter(present({ level: this.#options.level, workers }));
  }

  async compose(base: Image, wanted?: Platform): Promise<Image> {
    const platform = wanted ?? await platformOf(base);
    const specs = await Promise.all(
      (this.#spec.layers ?? []).map((layer) => this.#split(fillIn(layer, platform))),
    );
    const added = await Promise.all(
      specs.flat().map(async (layer) => ({
        layer: await this.#layer(layer),
        history: { created: this.#created, created_by: describeLayer(layer) },
      })),
    );
    const { config = {}, annotations } = this.#spec;
    const changes = { created: this.#created, ...configChanges(config) };
    const image = configureImage(appendLayers(base, await this.#adapt(base, added)), changes);
    return annotations === undefined ? image : annotateImage(image, annotations);
  }

  async #split(layer: LayerSpec): Promise<readonly OneLayerSpec[]> {
    if (!("copy" in layer)) return [layer];
    const path = this.#options.locate(layer.copy);
    await expectPresent(path);
    return await this.#layers.split(layer, () => splitCopy(layer, path));
  }

  #layer(spec: OneLayerSpec): Promise<Layer> {
    return this.#layers.layer(spec, async () => {
      const layer = await composeLayer(spec, this.#options);
      const cache = this.#cache;
      return cache === undefined ? layer : await recallLayer(spec, layer, {
        ...this.#options,
        cache,
      });
    });
  }
}

/** A level is one of the compression that the spec says. */
function levelFor(compression: Compression | undefined, spec: BuildSpec): number | undefined {
  return compression === spec.compression ? spec.level : undefined;
}

function configChanges({ workdir: workingDir, ports, ...config }: ConfigSpec) {
  return { ...config, ...present({ workingDir, exposedPorts: ports?.map(String) }) };
}

/** Fills a platform's words into the local paths of a layer. */
function fillIn(layer: LayerSpec, platform: Platform | undefined): LayerSpec {
  if ("copy" in layer) return { ...layer, copy: fillInPath(layer.copy, platform) };
  if ("tar" in layer) return { ...layer, tar: fillInPath(layer.tar, platform) };
  return layer;
}

function fillInPath(path: string, platform: Platform | undefined): string {
  return path.replace(/\{(os|arch|variant)\}/g, (placeholder, word: string) => {
    const value = word === "arch" ? platform?.architecture : Reflect.get(platform ?? {}, word);
    if (typeof value === "string") return value;
    throw new SpecError(
      `Cannot fill in "${placeholder}" in "${path}": the platform of this image does not say`,
    );
  });
}

function secondsOf(created: string | number): number {
  const seconds = typeof created === "number" ? created : Date.parse(created) / 1000;
  if (seconds >= 0 && seconds <= LAST_SECOND) return Math.floor(seconds);
  throw new SpecError(
    `Cannot use the time "${created}": expected RFC 3339 or seconds, from 1970 to 9999`,
  );
}
