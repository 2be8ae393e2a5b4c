import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ContentSource } from "./content_source.ts";
import type { Layer } from "./layer.ts";

/**
 * Another layer under another media type: the same bytes, called otherwise.
 *
 * @example
 * ```ts
 * import { layerFromEntries, RetypedLayer } from "@davit/davit/layer";
 *
 * const layer = layerFromEntries([{ path: "etc/motd", content: "hello\n" }]);
 * const type = "application/vnd.docker.image.rootfs.diff.tar.gzip";
 * const docker = new RetypedLayer(layer, type);
 * console.assert(docker.mediaType === type);
 * ```
 */
export class RetypedLayer implements Layer {
  /** The new media type. */
  readonly mediaType: string;
  /** Where the bytes lie, when they lie in a place as they are. */
  readonly origin?: ContentSource;
  /** Whether the bytes open again as they were. */
  readonly replayable: boolean;
  readonly #layer: Layer;

  /** Opens nothing. @param layer Whose bytes they are. @param mediaType What they are called. */
  constructor(layer: Layer, mediaType: string) {
    this.#layer = layer;
    this.mediaType = mediaType;
    this.replayable = layer.replayable ?? false;
    if (layer.origin !== undefined) this.origin = layer.origin;
  }

  /** The other layer's descriptor, with the new media type. */
  get descriptor(): Descriptor | undefined {
    const { descriptor } = this.#layer;
    return descriptor === undefined ? undefined : { ...descriptor, mediaType: this.mediaType };
  }

  /** The digest of the compressed bytes. */
  digest(): Promise<Digest> {
    return this.#layer.digest();
  }

  /** The digest of the tar. */
  diffId(): Promise<Digest> {
    return this.#layer.diffId();
  }

  /** The number of compressed bytes. */
  size(): Promise<number> {
    return this.#layer.size();
  }

  /** Opens the bytes as they are stored and sent. */
  compressed(): ReadableStream<Uint8Array> {
    return this.#layer.compressed();
  }

  /** Opens the tar itself. */
  uncompressed(): ReadableStream<Uint8Array> {
    return this.#layer.uncompressed();
  }
}
