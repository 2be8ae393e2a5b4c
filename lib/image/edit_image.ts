import type { Layer } from "../layer/layer.ts";
import type { Annotations } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { digestBytes } from "../oci/digest.ts";
import { appendJson, removeJson, setJson } from "../oci/json.ts";
import { parseManifest } from "../oci/manifest.ts";
import type { History } from "../oci/config.ts";
import { isImageConfigType } from "../oci/media_type.ts";
import { UnsupportedError } from "../errors.ts";
import type { Image } from "./image.ts";
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

/** What an edit changes; all else stays byte for byte. */
export interface ImageEdit {
  /** Layers put on top. */
  readonly added?: readonly AddedLayer[];
  /** History entries that follow those of the added layers. */
  readonly history?: readonly History[];
  /** The layers below the added ones, each in the place of the base's: the same tars. */
  readonly replaced?: (layers: readonly Layer[]) => readonly Layer[];
  /** Edits the config's JSON text. */
  readonly config?: (text: string) => string;
  /** Edits the manifest's JSON text, after its descriptors have been brought up to date. */
  readonly manifest?: (text: string) => string;
  /** Changes the descriptor by which the image is known outside: platform, annotations. */
  readonly descriptor?: (descriptor: Descriptor) => Descriptor;
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
  readonly #replaced: () => Promise<readonly Layer[]>;
  readonly #config: () => Promise<Uint8Array>;
  readonly #configDescriptor: () => Promise<Descriptor>;
  readonly #manifest: () => Promise<Uint8Array>;
  readonly #descriptor: () => Promise<Descriptor>;

  constructor(base: Image, edit: ImageEdit) {
    this.#base = base;
    this.#edit = edit;
    this.#replaced = remember(async () => {
      const layers = await base.layers();
      return edit.replaced === undefined ? layers : edit.replaced(layers);
    });
    this.#config = remember(() => this.#editConfig());
    this.#configDescriptor = remember(() => this.#describeConfig());
    this.#manifest = remember(() => this.#editManifest());
    this.#descriptor = remember(() => this.#describe());
  }

  descriptor(): Promise<Descriptor> {
    return this.#descriptor();
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
    return [...await this.#replaced(), ...this.#added.map(({ layer }) => layer)];
  }

  mapLayers(map: (layer: Layer) => Layer): Image {
    const added = this.#added.map((item) => ({ ...item, layer: map(item.layer) }));
    return new EditedImage(this.#base.mapLayers(map), { ...this.#edit, added });
  }

  get #added(): readonly AddedLayer[] {
    return this.#edit.added ?? [];
  }

  get #changesConfig(): boolean {
    const { added = [], history = [], config } = this.#edit;
    return added.length > 0 || history.length > 0 || config !== undefined;
  }

  async #editConfig(): Promise<Uint8Array> {
    const bytes = await this.#base.config();
    if (!this.#changesConfig) return bytes;
    const { mediaType, digest } = await this.#base.configDescriptor();
    if (!isImageConfigType(mediaType)) {
      if (this.#edit.config === undefined) return bytes;
      throw new UnsupportedError(
        `Cannot edit the config "${digest}": expected an image config, got "${mediaType}"`,
      );
    }
    let text = decode(bytes);
    for (const { layer } of this.#added) {
      text = appendJson(text, ["rootfs", "diff_ids"], await layer.diffId());
    }
    const entries = [
      ...this.#added.map(({ history = {} }) => history),
      ...this.#edit.history ?? [],
    ];
    for (const entry of entries) text = appendJson(text, ["history"], { ...entry });
    return encode(this.#edit.config?.(text) ?? text);
  }

  async #describeConfig(): Promise<Descriptor> {
    const descriptor = await this.#base.configDescriptor();
    const bytes = await this.#config();
    const digest = await digestBytes(bytes);
    if (digest === descriptor.digest) return descriptor;
    const { data, ...rest } = descriptor;
    const edited = { ...rest, digest, size: bytes.length };
    return data === undefined ? edited : { ...edited, data: bytes.toBase64() };
  }

  async #editManifest(): Promise<Uint8Array> {
    const bytes = await this.#base.manifest();
    let text = decode(bytes);
    const config = await this.#configDescriptor();
    if (config.digest !== (await this.#base.configDescriptor()).digest) {
      text = setDescriptor(text, ["config"], config);
    }
    if (this.#edit.replaced !== undefined) text = await this.#replaceLayers(text, bytes);
    for (const added of this.#added) {
      text = appendJson(text, ["layers"], await describeAdded(added));
    }
    return encode(this.#edit.manifest?.(text) ?? text);
  }

  async #replaceLayers(text: string, base: Uint8Array): Promise<string> {
    const { layers: before } = parseManifest(base);
    const after = await this.#replaced();
    for (const [position, layer] of after.entries()) {
      const digest = await layer.digest();
      if (digest === before[position]?.digest) continue;
      const descriptor = { mediaType: layer.mediaType, digest, size: await layer.size() };
      text = setDescriptor(text, ["layers", position], descriptor);
    }
    return text;
  }

  async #describe(): Promise<Descriptor> {
    const { data: _, ...descriptor } = await this.#base.descriptor();
    const bytes = await this.#manifest();
    const edited = { ...descriptor, digest: await digestBytes(bytes), size: bytes.length };
    return this.#edit.descriptor?.(edited) ?? edited;
  }
}

/** Writes the parts of a descriptor that depend on its content; its other fields stay. */
function setDescriptor(
  text: string,
  path: readonly (string | number)[],
  descriptor: Descriptor,
): string {
  text = setJson(text, [...path, "mediaType"], descriptor.mediaType);
  text = setJson(text, [...path, "digest"], descriptor.digest);
  text = setJson(text, [...path, "size"], descriptor.size);
  return descriptor.data === undefined
    ? removeJson(text, [...path, "data"])
    : setJson(text, [...path, "data"], descriptor.data);
}

async function describeAdded(
  { layer, annotations, urls }: AddedLayer,
): Promise<Record<string, unknown>> {
  const [size, digest] = [await layer.size(), await layer.digest()];
  const { mediaType: _, size: __, digest: ___, ...known }: Partial<Descriptor> = layer.descriptor ??
    {};
  return {
    mediaType: layer.mediaType,
    size,
    digest,
    ...known,
    ...(urls === undefined ? {} : { urls }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
