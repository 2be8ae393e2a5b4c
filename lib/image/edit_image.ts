import type { Layer } from "../layer/layer.ts";
import type { Annotations } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { digestBytes } from "../oci/digest.ts";
import { appendJson, jsonTextAt, setJson, setJsonItems } from "../oci/json.ts";
import type { History } from "../oci/config.ts";
import { isImageConfigType } from "../oci/media_type.ts";
import { UnsupportedError } from "../errors.ts";
import type { Image, Outline } from "./image.ts";
import {
  describeAdded,
  isSameContent,
  replaceLayers,
  setDescriptor,
  stackedTexts,
} from "./descriptor_texts.ts";
import { outlineOf } from "./outline.ts";
import { remember } from "./remember.ts";

/** One layer to be put on top of an image, with what its manifest and history say of it. */
export interface AddedLayer {
  /** The layer. */
  readonly layer: Layer;
  /** The history entry; an entry without text when absent. */
  readonly history?: History;
  /** Annotations of the layer's descriptor. */
  readonly annotations?: Annotations;
  /** Where a non-distributable layer can be fetched. */
  readonly urls?: readonly string[];
}

/** A layer at its place in a new stack. */
export interface StackedLayer {
  /** The layer. */
  readonly layer: Layer;
  /** Whose descriptor it keeps, with what nobody knows in it; it gets a new one when absent. */
  readonly from?: { readonly image: Image; readonly position: number };
}

/** All layers and the whole history of an image, arranged anew. */
export interface Stack {
  /** The layers, base first. */
  readonly layers: readonly StackedLayer[];
  /** The entries of the history as JSON texts, which are taken to the letter. */
  readonly history: () => Promise<readonly string[]>;
}

/** What an edit changes; all else stays byte for byte. */
export interface ImageEdit {
  /** Layers put on top. */
  readonly added?: readonly AddedLayer[];
  /** History entries that follow those of the added layers. */
  readonly history?: readonly History[];
  /** The layers below the added ones, each in the place of the base's. */
  readonly replaced?: (layers: readonly Layer[]) => readonly Layer[];
  /** Whether layers in `replaced` hold other tars, so that the config's `diff_ids` change too. */
  readonly replacesTars?: boolean;
  /** Arranges all layers anew, instead of `replaced`. */
  readonly stack?: () => Promise<Stack>;
  /** Edits the config's JSON text. */
  readonly config?: (text: string) => string | Promise<string>;
  /** The config itself, to the byte, instead of an edit of it. */
  readonly configBytes?: Uint8Array;
  /** The media type of the config; as the base's unless said. */
  readonly configType?: string;
  /** Edits the manifest's JSON text, after its descriptors have been brought up to date. */
  readonly manifest?: (text: string) => string;
  /** Changes the descriptor by which the image is known outside: platform, annotations. */
  readonly descriptor?: <T extends Outline>(descriptor: T) => T | Promise<T>;
}

/**
 * The mechanism under every edit of one image: a view that applies an edit to the exact text of
 * the base's config and manifest, when it is asked for them.
 */
export function editImage(base: Image, edit: ImageEdit): Image {
  return new EditedImage(base, edit);
}

class EditedImage implements Image {
  readonly kind = "image";
  readonly #base: Image;
  readonly #edit: ImageEdit;
  readonly #stack: () => Promise<Stack | undefined>;
  readonly #layers: () => Promise<readonly Layer[]>;
  readonly #config: () => Promise<Uint8Array>;
  readonly #configDescriptor: () => Promise<Descriptor>;
  readonly #manifest: () => Promise<Uint8Array>;
  readonly #descriptor: () => Promise<Descriptor>;

  constructor(base: Image, edit: ImageEdit) {
    this.#base = base;
    this.#edit = edit;
    this.#stack = remember(async () => await edit.stack?.());
    this.#layers = remember(() => this.#arrange());
    this.#config = remember(() => this.#editConfig());
    this.#configDescriptor = remember(() => this.#describeConfig());
    this.#manifest = remember(() => this.#editManifest());
    this.#descriptor = remember(() => this.#describe());
  }

  descriptor(): Promise<Descriptor> {
    return this.#descriptor();
  }

  async outline(): Promise<Outline> {
    const outline = await outlineOf(this.#base);
    return await this.#edit.descriptor?.(outline) ?? outline;
  }

  manifest(): Promise<Uint8Array> {
    return this.#manifest();
  }

  configDescriptor(): Promise<Descriptor> {
    return this.#configDescriptor();
  }

  config(): Promise<Uint8Array> {
    return this.#config();
  }

  async layers(): Promise<readonly Layer[]> {
    return [...await this.#layers(), ...this.#added.map(({ layer }) => layer)];
  }

  mapLayers(map: (layer: Layer) => Layer): Image {
    const { replaced } = this.#edit;
    const added = this.#added.map((item) => ({ ...item, layer: map(item.layer) }));
    if (this.#edit.stack !== undefined) {
      return new EditedImage(this.#base, { ...this.#edit, added, stack: this.#mapStack(map) });
    }
    if (replaced === undefined) {
      return new EditedImage(this.#base.mapLayers(map), { ...this.#edit, added });
    }
    return new EditedImage(this.#base, {
      ...this.#edit,
      added,
      replaced: (layers) => replaced(layers).map(map),
    });
  }

  #mapStack(map: (layer: Layer) => Layer): () => Promise<Stack> {
    return remember(async () => {
      const { layers = [], history = () => Promise.resolve([]) } = await this.#stack() ?? {};
      return { layers: layers.map((item) => ({ ...item, layer: map(item.layer) })), history };
    });
  }

  get #added(): readonly AddedLayer[] {
    return this.#edit.added ?? [];
  }

  get #changesConfig(): boolean {
    const { added = [], history = [], config, stack, replacesTars = false } = this.#edit;
    return added.length > 0 || history.length > 0 || config !== undefined || stack !== undefined ||
      replacesTars;
  }

  /** The layers below the added ones. */
  async #arrange(): Promise<readonly Layer[]> {
    const stack = await this.#stack();
    if (stack !== undefined) return stack.layers.map(({ layer }) => layer);
    const layers = await this.#base.layers();
    return this.#edit.replaced?.(layers) ?? layers;
  }

  async #editConfig(): Promise<Uint8Array> {
    if (this.#edit.configBytes !== undefined) return this.#edit.configBytes;
    const bytes = await this.#base.config();
    if (!this.#changesConfig) return bytes;
    const { mediaType, digest } = await this.#base.configDescriptor();
    if (!isImageConfigType(mediaType)) {
      if (this.#edit.config === undefined && this.#edit.stack === undefined) return bytes;
      throw new UnsupportedError(
        `Cannot edit the config "${digest}": expected an image config, got "${mediaType}"`,
      );
    }
    let text = decode(bytes);
    const stack = await this.#stack();
    if (stack !== undefined || this.#edit.replacesTars === true) {
      const diffIds = (await this.#layers()).map((layer) => layer.diffId());
      text = setJson(text, ["rootfs", "diff_ids"], await Promise.all(diffIds));
    }
    if (stack !== undefined) text = setHistory(text, await stack.history());
    for (const { layer } of this.#added) {
      text = appendJson(text, ["rootfs", "diff_ids"], await layer.diffId());
    }
    const entries = [
      ...this.#added.map(({ history = {} }) => history),
      ...this.#edit.history ?? [],
    ];
    for (const entry of entries) text = appendJson(text, ["history"], { ...entry });
    return encode(await this.#edit.config?.(text) ?? text);
  }

  async #describeConfig(): Promise<Descriptor> {
    const descriptor = await this.#base.configDescriptor();
    const { configType = descriptor.mediaType } = this.#edit;
    const bytes = await this.#config();
    const digest = await digestBytes(bytes);
    if (digest === descriptor.digest) return { ...descriptor, mediaType: configType };
    const { data, ...rest } = descriptor;
    const edited = { ...rest, mediaType: configType, digest, size: bytes.length };
    return data === undefined ? edited : { ...edited, data: bytes.toBase64() };
  }

  async #editManifest(): Promise<Uint8Array> {
    let text = decode(await this.#base.manifest());
    const config = await this.#configDescriptor();
    if (!isSameContent(config, await this.#base.configDescriptor())) {
      text = setDescriptor(text, ["config"], config);
    }
    const stack = await this.#stack();
    if (stack !== undefined) {
      text = setJsonItems(text, ["layers"], await stackedTexts(stack.layers));
    } else if (this.#edit.replaced !== undefined) {
      text = await replaceLayers(text, await this.#layers());
    }
    for (const added of this.#added) {
      text = appendJson(text, ["layers"], await describeAdded(added));
    }
    return encode(this.#edit.manifest?.(text) ?? text);
  }

  async #describe(): Promise<Descriptor> {
    const { data: _, ...descriptor } = await this.#base.descriptor();
    const bytes = await this.#manifest();
    const edited = { ...descriptor, digest: await digestBytes(bytes), size: bytes.length };
    return await this.#edit.descriptor?.(edited) ?? edited;
  }
}

/** An image without a history stays without one. */
function setHistory(text: string, entries: readonly string[]): string {
  if (entries.length === 0 && jsonTextAt(text, ["history"]) === undefined) return text;
  return setJsonItems(text, ["history"], entries);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
