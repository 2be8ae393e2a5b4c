import type { CallOptions } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { isNondistributable } from "../oci/media_type.ts";
import { formatPlatform, hostPlatform, type Platform } from "../oci/platform.ts";
import type { Blob, Image, Index, View } from "../image/image.ts";
import { isFit } from "../image/layer_forms.ts";
import { isStored } from "../image/open_view.ts";
import { selectImage } from "../image/select.ts";
import { lazy } from "../stream/lazy.ts";
import type { Attachments } from "./attachments.ts";
import { bytesContent, type Content, layerContent } from "./content.ts";
import type { OnCopyEvent } from "./events.ts";
import { Parts } from "./parts.ts";
import { Permits } from "./permits.ts";
import type { Destination } from "./store.ts";
import { Transfers } from "./transfer.ts";

/** Options of {@linkcode copy}. */
export interface CopyOptions extends CallOptions {
  /** What the copy is called at the destination; none when empty, which is the default. */
  readonly names?: readonly string[];
  /** Copies one platform's image of an index, not the whole index. */
  readonly platform?: Platform;
  /** How much is done at once, in all: transfers, and documents that are read; 4 unless said. */
  readonly jobs?: number;
  /** A ceiling that copies share, in place of `jobs`. */
  readonly permits?: Permits;
  /**
   * Copies the bytes of non-distributable layers too, which are left where their `urls` say unless
   * the destination must have them.
   */
  readonly nondistributable?: boolean;
  /**
   * Copies what belongs to the images too, such as signatures. They are there before the copy has
   * its names.
   */
  readonly attachments?: Attachments;
  /** Hears what happens. */
  readonly onEvent?: OnCopyEvent;
}

/**
 * Copies an image or an index into a place: children first, each content once, what is there
 * already not at all. Layers are converted where the place could not read them, and one platform's
 * image is chosen where it cannot hold an index (the host's, unless one is named).
 *
 * The first failure ends the whole copy and is what is thrown. The caller commits the destination.
 *
 * @returns The descriptor of what was copied, as it is at the destination.
 * @throws {PlatformError} When an index has no image for the platform.
 * @throws {UnsupportedError} When there are attachments and the destination cannot hold any.
 * @example
 * ```ts
 * import { copy, MemoryStore } from "@davit/davit/store";
 * import { emptyImage } from "@davit/davit/image";
 *
 * await using store = new MemoryStore();
 * const descriptor = await copy(emptyImage(), store, { names: ["nothing"] });
 * await store.commit();
 * console.assert((await store.resolve("nothing")).digest === descriptor.digest);
 * ```
 */
export async function copy(
  view: View,
  destination: Destination,
  options: CopyOptions = {},
): Promise<Descriptor> {
  const { names = [], jobs = 4, onEvent, platform, nondistributable = false } = options;
  options.signal?.throwIfAborted();
  const failure = new AbortController();
  const signal = options.signal === undefined
    ? failure.signal
    : AbortSignal.any([options.signal, failure.signal]);
  const transfers = new Transfers(destination, options.permits ?? new Permits(jobs), {
    signal,
    onEvent,
  });
  const takesAll = nondistributable || destination.accepts.nondistributable === true;
  const run = new CopyRun(destination, transfers, takesAll);
  try {
    const chosen = await choose(view, destination, { platform, signal, onEvent });
    if (options.attachments !== undefined) {
      const copyView = (view: View, names: readonly string[]) => run.copyView(view, names);
      const { AttachmentCopy } = await import("./copy_attachments.ts");
      const attached = new AttachmentCopy(options.attachments, destination, transfers, copyView);
      await run.copyView(chosen);
      await attached.copyOf(chosen);
    }
    const descriptor = await run.copyView(chosen, names);
    onEvent?.({ kind: "root", descriptor, names });
    return descriptor;
  } catch (error) {
    failure.abort(error);
    await run.abandon(view, error);
    throw error;
  }
}

async function choose(
  view: View,
  destination: Destination,
  { platform, signal, onEvent }: {
    readonly platform: Platform | undefined;
    readonly signal: AbortSignal;
    readonly onEvent: OnCopyEvent | undefined;
  },
): Promise<View> {
  if (platform !== undefined) return await selectImage(view, platform, { signal });
  if (view.kind !== "index" || destination.accepts.index) return view;
  const host = hostPlatform();
  const image = await selectImage(view, host, { signal });
  onEvent?.({
    kind: "selected",
    platform: formatPlatform(host),
    destination: destination.label,
  });
  return image;
}

/** One run of `copy`: what is on its way, by digest, so that nothing goes twice. */
class CopyRun {
  readonly #destination: Destination;
  readonly #transfers: Transfers;
  readonly #takesAll: boolean;
  readonly #fitted = new Map<Layer, Layer>();
  readonly #copied = new Map<Layer, Promise<void>>();
  readonly #views = new Map<View, Promise<Descriptor>>();
  readonly #parts: Parts;

  constructor(destination: Destination, transfers: Transfers, takesAll: boolean) {
    this.#destination = destination;
    this.#transfers = transfers;
    this.#takesAll = takesAll;
    this.#parts = new Parts(transfers);
  }

  /** Ends what is under way, and what the copy never came to. */
  async abandon(root: View, reason: unknown): Promise<void> {
    await this.#transfers.settle();
    await this.#parts.abandon([root], reason);
  }

  /** Copies a view, once however often indexes list it; the root has names. */
  copyView(view: View, names?: readonly string[]): Promise<Descriptor> {
    if (names !== undefined) return this.#copyNew(view, names);
    const copying = this.#views.get(view) ?? this.#copyNew(view);
    this.#views.set(view, copying);
    return copying;
  }

  #copyNew(view: View, names?: readonly string[]): Promise<Descriptor> {
    if (view.kind === "index") return this.#copyIndex(view, names);
    if (view.kind === "image") return this.#copyImage(view, names);
    return this.#copyBlob(view);
  }

  async #copyIndex(index: Index, names?: readonly string[]): Promise<Descriptor> {
    const children = await this.#parts.childrenOf(index);
    await Promise.all(children.map((child) => this.copyView(child)));
    return await this.#sendDocument(index, names);
  }

  async #copyImage(image: Image, names?: readonly string[]): Promise<Descriptor> {
    const looksFirst = isStored(image) && this.#isCompleteThere;
    if (looksFirst) {
      const descriptor = await image.descriptor();
      if (names === undefined) {
        if (await this.#transfers.find(descriptor)) return descriptor;
      } else if (await this.#transfers.isThere(descriptor)) {
        return await this.#sendDocument(image, names);
      }
    }
    const fitted = await this.#fit(image, await this.#parts.layersOf(image));
    const layers = await fitted.layers();
    const sealed = layers.every((layer) => layer.descriptor !== undefined);
    if (looksFirst || !sealed || !await this.#isComplete(fitted)) {
      await Promise.all(layers.map((layer) => this.#copyLayerOnce(layer)));
      await this.#transfers.send(await this.#transfers.read(() => configContent(fitted)));
    }
    return await this.#sendDocument(fitted, names);
  }

  async #sendDocument(view: Image | Index, names?: readonly string[]): Promise<Descriptor> {
    const content = await this.#transfers.read(() => documentContent(view));
    return await this.#transfers.send(content, names);
  }

  /** Whether a manifest that the destination has needs no second look. */
  get #isCompleteThere(): boolean {
    return this.#destination.accepts.complete === true;
  }

  async #isComplete(image: Image): Promise<boolean> {
    if (!this.#isCompleteThere) return false;
    return await this.#transfers.isThere(await this.#transfers.read(() => image.descriptor()));
  }

  /** Fits each layer once, so that a layer that several images share stays one layer. */
  async #fit(image: Image, layers: readonly Layer[]): Promise<Image> {
    const { accepts } = this.#destination;
    if (layers.every((layer) => isFit(layer, accepts))) return image;
    const { fitLayer } = await import("../image/fit.ts");
    return image.mapLayers((layer) => {
      const fitted = this.#fitted.get(layer) ?? fitLayer(layer, accepts);
      this.#fitted.set(layer, fitted);
      return fitted;
    });
  }

  #copyLayerOnce(layer: Layer): Promise<void> {
    const copying = this.#copied.get(layer) ?? this.#copyLayer(layer);
    this.#copied.set(layer, copying);
    return copying;
  }

  async #copyLayer(layer: Layer): Promise<void> {
    const { descriptor } = layer;
    const elsewhere = isNondistributable(layer.mediaType) && descriptor?.urls !== undefined;
    if (elsewhere && !this.#takesAll) {
      this.#transfers.note("skipped", descriptor);
      return;
    }
    await this.#transfers.send(layerContent(layer));
  }

  async #copyBlob(blob: Blob): Promise<Descriptor> {
    const descriptor = await blob.descriptor();
    return await this.#transfers.send({
      mediaType: descriptor.mediaType,
      descriptor,
      open: () => Promise.resolve(lazy(() => blob.content())),
      sealed: () => Promise.resolve(descriptor),
    });
  }
}

async function configContent(image: Image): Promise<Content> {
  return bytesContent(await image.config(), await image.configDescriptor());
}

async function documentContent(view: Image | Index): Promise<Content> {
  return bytesContent(await view.manifest(), await view.descriptor());
}
