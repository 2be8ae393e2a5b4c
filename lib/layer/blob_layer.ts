import { DigestMismatchError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest } from "../oci/digest.ts";
import { measure } from "../stream/measure.ts";
import { conclude } from "./conclude.ts";
import type { ContentSource } from "./content_source.ts";
import { drain } from "./drain.ts";
import type { Layer } from "./layer.ts";
import { lazy } from "../stream/lazy.ts";
import { lazyBytes } from "../stream/lazy_bytes.ts";
import { shared } from "./shared.ts";

/** Where a {@linkcode BlobLayer} lies, and what is known of it. */
export interface BlobLayerInit {
  /** The layer's descriptor in its manifest. */
  readonly descriptor: Descriptor;
  /** The place that has the blob. */
  readonly origin: ContentSource;
  /** The diff ID, when something (the config) knows it. */
  readonly diffId?: () => Promise<Digest | undefined>;
}

/**
 * A layer that lies in a place. Nothing is fetched before the first pull.
 *
 * Its compression is told by its bytes: media types lie.
 *
 * @example
 * ```ts
 * import { BlobLayer } from "@davit/davit/layer";
 * import { digestBytes } from "@davit/davit/oci";
 *
 * const tar = new Uint8Array(1024);
 * const layer = new BlobLayer({
 *   descriptor: {
 *     mediaType: "application/vnd.oci.image.layer.v1.tar",
 *     digest: await digestBytes(tar),
 *     size: tar.length,
 *   },
 *   origin: { fetch: () => Promise.resolve(ReadableStream.from([tar])) },
 * });
 * console.assert(await layer.diffId() === await layer.digest());
 * ```
 */
export class BlobLayer implements Layer {
  /** The descriptor in the manifest. */
  readonly descriptor: Descriptor;
  /** The place that has the blob. */
  readonly origin: ContentSource;
  readonly #knownDiffId: () => Promise<Digest | undefined>;
  readonly #readDiffId: () => Promise<Digest> = shared(() => this.#measureTar());

  /** Fetches nothing yet. */
  constructor(init: BlobLayerInit) {
    this.descriptor = init.descriptor;
    this.origin = init.origin;
    this.#knownDiffId = shared(init.diffId ?? (() => Promise.resolve(undefined)));
  }

  /** The media type the manifest tells. */
  get mediaType(): string {
    return this.descriptor.mediaType;
  }

  /** The digest in the manifest. */
  digest(): Promise<Digest> {
    return Promise.resolve(this.descriptor.digest);
  }

  /** The diff ID that is known, or else that of the tar: then the blob is fetched, once. */
  async diffId(): Promise<Digest> {
    return await this.#knownDiffId() ?? await this.#readDiffId();
  }

  /** The size in the manifest. */
  size(): Promise<number> {
    return Promise.resolve(this.descriptor.size);
  }

  /** Fetches the blob, verified against the descriptor by its place. */
  compressed(): ReadableStream<Uint8Array> {
    return lazyBytes((signal) => this.origin.fetch(this.descriptor, { signal }));
  }

  /**
   * Fetches and decompresses the blob.
   *
   * @throws {DigestMismatchError} Through the stream, when the tar is not what the diff ID says.
   */
  uncompressed(): ReadableStream<Uint8Array> {
    return lazy(async () => {
      const diffId = await this.#knownDiffId();
      const { decompress } = await import("../stream/decompress.ts");
      const tar = decompress(this.compressed(), {
        what: `layer "${this.descriptor.digest}"`,
        size: this.descriptor.size,
      });
      return diffId === undefined ? tar : verifyDiffId(tar, diffId);
    });
  }

  async #measureTar(): Promise<Digest> {
    const { stream, done } = measure(this.uncompressed());
    await drain(stream);
    return (await done).digest;
  }
}

/** Like `verify`, for content whose size nobody promised. */
function verifyDiffId(
  tar: ReadableStream<Uint8Array>,
  expected: Digest,
): ReadableStream<Uint8Array> {
  const { stream, done } = measure(tar, { algorithm: algorithmOf(expected) });
  return conclude(stream, {
    async end() {
      const { digest } = await done;
      if (digest !== expected) throw new DigestMismatchError(expected, digest);
    },
    fail() {},
  });
}
