import { UnsupportedError } from "../errors.ts";
import type { Layer } from "../layer/layer.ts";
import type { Digest } from "../oci/digest.ts";
import { layerMediaType } from "../oci/media_type.ts";

/** A layer of an image of which nothing but the diff ID was asked for. */
export class LeftOutLayer implements Layer {
  /** A tar, as engines keep them. */
  readonly mediaType: string = layerMediaType("docker", "none");
  /** Its size is not known. */
  readonly descriptor: undefined;
  readonly #diffId: Digest;

  /** @param diffId The digest of its tar. */
  constructor(diffId: Digest) {
    this.#diffId = diffId;
  }

  /** The digest of its tar. */
  diffId(): Promise<Digest> {
    return Promise.resolve(this.#diffId);
  }

  /** The digest of its tar. */
  digest(): Promise<Digest> {
    return Promise.resolve(this.#diffId);
  }

  /** @throws {UnsupportedError} Always. */
  size(): Promise<number> {
    return Promise.reject(this.#missing());
  }

  /** @throws {UnsupportedError} Always. */
  compressed(): ReadableStream<Uint8Array> {
    throw this.#missing();
  }

  /** @throws {UnsupportedError} Always. */
  uncompressed(): ReadableStream<Uint8Array> {
    throw this.#missing();
  }

  #missing(): UnsupportedError {
    return new UnsupportedError(
      `Cannot read layer ${this.#diffId}: expected that nobody needs it, for it was left out`,
    );
  }
}
