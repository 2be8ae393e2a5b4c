import { NotFoundError } from "../../lib/errors.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { openView } from "../../lib/image/open_view.ts";
import type { ContentSource } from "../../lib/layer/content_source.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { type Digest, digestBytes } from "../../lib/oci/digest.ts";
import { type Compression, layerMediaType, MEDIA_TYPE } from "../../lib/oci/media_type.ts";

/** A place that gives whatever it was given, whether it is what the descriptor says or not. */
export class RawPlace implements ContentSource {
  readonly #content = new Map<string, Uint8Array>();
  /** How often each digest was read. */
  readonly reads: Map<Digest, number> = new Map();

  async put(content: unknown, mediaType: string): Promise<Descriptor> {
    const bytes = content instanceof Uint8Array
      ? content
      : new TextEncoder().encode(typeof content === "string" ? content : JSON.stringify(content));
    const digest = await digestBytes(bytes);
    this.#content.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  /** Lets other bytes lie under a digest; none for what is not there. */
  replace({ digest }: Pick<Descriptor, "digest">, bytes?: Uint8Array): void {
    if (bytes === undefined) this.#content.delete(digest);
    else this.#content.set(digest, bytes);
  }

  fetch({ digest }: Descriptor): Promise<ReadableStream<Uint8Array>> {
    const bytes = this.#content.get(digest);
    if (bytes === undefined) return Promise.reject(new NotFoundError("blob", digest, "here"));
    this.reads.set(digest, (this.reads.get(digest) ?? 0) + 1);
    return Promise.resolve(ReadableStream.from([bytes]));
  }

  has({ digest }: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#content.has(digest));
  }

  view(descriptor: Descriptor): View {
    return openView(this, descriptor);
  }
}

/** What a raw image is made of. */
export interface RawLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

/** Puts a layer of files. */
export async function putLayer(
  place: RawPlace,
  entries: readonly LayerEntry[],
  compression: Compression = "gzip",
): Promise<RawLayer> {
  const layer = layerFromEntries(entries, { compression });
  const bytes = await new Response(layer.compressed()).bytes();
  const descriptor = await place.put(bytes, layerMediaType("oci", compression));
  return { descriptor, diffId: await layer.diffId() };
}

/** Puts any bytes as a layer. */
export async function putTar(
  place: RawPlace,
  tar: Uint8Array,
  mediaType: string = MEDIA_TYPE.ociLayer,
): Promise<RawLayer> {
  return { descriptor: await place.put(tar, mediaType), diffId: await digestBytes(tar) };
}

/** Puts an image with a config; members of `config` and `manifest` take the place of the usual. */
export async function putImage(
  place: RawPlace,
  layers: readonly RawLayer[],
  { config = {}, manifest = {} }: {
    readonly config?: Readonly<Record<string, unknown>>;
    readonly manifest?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<Descriptor> {
  const configDescriptor = await place.put({
    os: "linux",
    architecture: "amd64",
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    ...config,
  }, MEDIA_TYPE.ociConfig);
  return await place.put({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: configDescriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    ...manifest,
  }, MEDIA_TYPE.ociManifest);
}

/** Puts an index of descriptors. */
export function putIndex(place: RawPlace, manifests: readonly Descriptor[]): Promise<Descriptor> {
  const mediaType = MEDIA_TYPE.ociIndex;
  return place.put({ schemaVersion: 2, mediaType, manifests }, mediaType);
}

/** Opens an image that was put. */
export function imageIn(place: RawPlace, descriptor: Descriptor): Image {
  const view = place.view(descriptor);
  if (view.kind !== "image") throw new TypeError(`expected an image, got a ${view.kind}`);
  return view;
}
