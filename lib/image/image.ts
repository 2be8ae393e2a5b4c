import type { Descriptor } from "../oci/descriptor.ts";
import type { Layer } from "../layer/layer.ts";

/** What a descriptor says apart from the bytes that it names. */
export type Outline = Omit<Descriptor, "digest" | "size" | "data">;

/**
 * An image: a manifest with its config and layers, as an immutable lazy view. Nothing is fetched
 * until it is asked for, and an edit is a new view. Artifacts are images with another config type.
 *
 * With a single-pass layer, `config()`, `manifest()` and `descriptor()` throw `NotComputedError`
 * until that layer's bytes have passed.
 */
export interface Image {
  /** Tells an image from an index. */
  readonly kind: "image";
  /** The descriptor of the manifest; with the platform and annotations of the index it came from. */
  descriptor(): Promise<Descriptor>;
  /** What the descriptor says that is known before a single-pass layer has passed. */
  outline?(): Promise<Outline>;
  /** The exact bytes of the manifest. */
  manifest(): Promise<Uint8Array>;
  /** The descriptor of the config. */
  configDescriptor(): Promise<Descriptor>;
  /** The exact bytes of the config. */
  config(): Promise<Uint8Array>;
  /** The layers, base first. */
  layers(): Promise<readonly Layer[]>;
  /** The same image with its layers in another form: another compression of the same tars. */
  mapLayers(map: (layer: Layer) => Layer): Image;
}

/** An index: images (or indexes) for several platforms, as an immutable lazy view. */
export interface Index {
  /** Tells an index from an image. */
  readonly kind: "index";
  /** The descriptor of the index itself. */
  descriptor(): Promise<Descriptor>;
  /** The exact bytes of the index. */
  manifest(): Promise<Uint8Array>;
  /** What the index lists, in its order. */
  children(): Promise<readonly View[]>;
}

/** Content an index lists that is neither an image nor an index. */
export interface Blob {
  /** Tells a blob from images and indexes. */
  readonly kind: "blob";
  /** The descriptor in the index. */
  descriptor(): Promise<Descriptor>;
  /** The exact bytes. */
  content(): Promise<ReadableStream<Uint8Array>>;
}

/** Anything a name can stand for. */
export type View = Image | Index | Blob;
