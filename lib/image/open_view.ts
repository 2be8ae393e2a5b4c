import type { ContentSource } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import { BlobLayer } from "../layer/blob_layer.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { parseConfig } from "../oci/config.ts";
import { parseIndex } from "../oci/image_index.ts";
import { type Manifest, parseManifest } from "../oci/manifest.ts";
import {
  isImageConfigType,
  isIndexType,
  isManifestType,
  isSchema1Type,
} from "../oci/media_type.ts";
import { MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { DocumentError, UnsupportedError } from "../errors.ts";
import { readAll } from "../stream/read_all.ts";
import { editImage } from "./edit_image.ts";
import { remember } from "./remember.ts";
import type { Blob, Image, Index, View } from "./image.ts";

/**
 * Opens what a descriptor stands for in a place, as a lazy view: nothing is fetched yet.
 *
 * @throws {UnsupportedError} For a Docker schema 1 manifest.
 * @example
 * ```ts
 * import { openView } from "@davit/davit/image";
 * import { MemoryStore } from "@davit/davit/store";
 *
 * const store = new MemoryStore();
 * const view = openView(store, {
 *   mediaType: "application/vnd.oci.image.index.v1+json",
 *   digest: "sha256:dff9de10919148711140d349bf03f1a99eb06f94b03e51715ccebfa7cdc518e2",
 *   size: 88,
 * });
 * console.assert(view.kind === "index");
 * ```
 */
export function openView(source: ContentSource, descriptor: Descriptor): View {
  return openIn(new Map(), source, descriptor);
}

/**
 * The views of one graph, by descriptor: indexes may list the same thing a million times over, which
 * is one view.
 */
type Graph = Map<string, View>;

function openIn(graph: Graph, source: ContentSource, descriptor: Descriptor): View {
  const key = JSON.stringify(descriptor);
  const view = graph.get(key) ?? makeView(graph, source, descriptor);
  graph.set(key, view);
  return view;
}

function makeView(graph: Graph, source: ContentSource, descriptor: Descriptor): View {
  const { mediaType } = descriptor;
  if (isIndexType(mediaType)) return new StoredIndex(graph, source, descriptor);
  if (isManifestType(mediaType)) return new StoredImage(source, descriptor);
  if (isSchema1Type(mediaType)) {
    throw new UnsupportedError(
      `Cannot open "${descriptor.digest}": it is a Docker schema 1 manifest, a form retired in ` +
        `2019; pull and push it once with a newer Docker to convert it, or copy it as it is from ` +
        `one registry to another`,
    );
  }
  return new StoredBlob(source, descriptor);
}

/** Says whether a view is just what lies in a place, without any edit. */
export function isStored(view: View): boolean {
  return [StoredImage, StoredIndex, StoredBlob].some((kind) => view instanceof kind);
}

class StoredImage implements Image {
  readonly kind = "image";
  readonly #source: ContentSource;
  readonly #descriptor: Descriptor;
  readonly #bytes: () => Promise<Uint8Array>;
  readonly #parsed: () => Promise<Manifest>;
  readonly #config: () => Promise<Uint8Array>;
  readonly #diffIds: () => Promise<readonly Digest[] | undefined>;

  constructor(source: ContentSource, descriptor: Descriptor) {
    this.#source = source;
    this.#descriptor = descriptor;
    this.#bytes = remember(() => readDocument(source, descriptor, "manifest", MAX_MANIFEST_BYTES));
    this.#parsed = remember(() => this.#parse());
    this.#config = remember(async () =>
      readDocument(source, (await this.#parsed()).config, "config", MAX_CONFIG_BYTES)
    );
    this.#diffIds = remember(() => this.#readDiffIds());
  }

  descriptor(): Promise<Descriptor> {
    return Promise.resolve(this.#descriptor);
  }

  manifest(): Promise<Uint8Array> {
    return this.#bytes();
  }

  async configDescriptor(): Promise<Descriptor> {
    return (await this.#parsed()).config;
  }

  config(): Promise<Uint8Array> {
    return this.#config();
  }

  async layers(): Promise<readonly Layer[]> {
    const manifest = await this.#parsed();
    return manifest.layers.map((descriptor, index) =>
      new BlobLayer({
        descriptor,
        origin: this.#source,
        diffId: async () => (await this.#diffIds())?.[index],
      })
    );
  }

  mapLayers(map: (layer: Layer) => Layer): Image {
    return editImage(this, { replaced: (layers) => layers.map(map) });
  }

  async #parse(): Promise<Manifest> {
    const { mediaType, digest } = this.#descriptor;
    const bytes = await this.#bytes();
    return naming("manifest", digest, () => parseManifest(bytes, mediaType));
  }

  async #readDiffIds(): Promise<readonly Digest[] | undefined> {
    const manifest = await this.#parsed();
    if (!isImageConfigType(manifest.config.mediaType)) return undefined;
    const bytes = await this.#config();
    const config = naming("config", manifest.config.digest, () => parseConfig(bytes));
    const diffIds = config.rootfs.diff_ids;
    if (diffIds.length !== manifest.layers.length) {
      throw new DocumentError(
        `Cannot read image "${this.#descriptor.digest}": expected as many diff_ids in its config ` +
          `as layers in its manifest (${manifest.layers.length}), got ${diffIds.length}`,
      );
    }
    return diffIds;
  }
}

class StoredIndex implements Index {
  readonly kind = "index";
  readonly #graph: Graph;
  readonly #source: ContentSource;
  readonly #descriptor: Descriptor;
  readonly #bytes: () => Promise<Uint8Array>;

  constructor(graph: Graph, source: ContentSource, descriptor: Descriptor) {
    this.#graph = graph;
    this.#source = source;
    this.#descriptor = descriptor;
    this.#bytes = remember(() => readDocument(source, descriptor, "index", MAX_MANIFEST_BYTES));
  }

  descriptor(): Promise<Descriptor> {
    return Promise.resolve(this.#descriptor);
  }

  manifest(): Promise<Uint8Array> {
    return this.#bytes();
  }

  async children(): Promise<readonly View[]> {
    const { mediaType, digest } = this.#descriptor;
    const bytes = await this.#bytes();
    const { manifests } = naming("index", digest, () => parseIndex(bytes, mediaType));
    return manifests.map((child) => openIn(this.#graph, this.#source, child));
  }
}

class StoredBlob implements Blob {
  readonly kind = "blob";
  readonly #source: ContentSource;
  readonly #descriptor: Descriptor;

  constructor(source: ContentSource, descriptor: Descriptor) {
    this.#source = source;
    this.#descriptor = descriptor;
  }

  descriptor(): Promise<Descriptor> {
    return Promise.resolve(this.#descriptor);
  }

  content(): Promise<ReadableStream<Uint8Array>> {
    return this.#source.fetch(this.#descriptor);
  }
}

async function readDocument(
  source: ContentSource,
  descriptor: Descriptor,
  kind: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const what = `${kind} "${descriptor.digest}"`;
  return await readAll(await source.fetch(descriptor), { maxBytes, what });
}

/** Says of what a document gets wrong which document it is. */
function naming<T>(kind: string, digest: Digest, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    const message = error.message.replace(`Cannot read ${kind}`, `Cannot read ${kind} "${digest}"`);
    throw new DocumentError(message, { cause: error });
  }
}
