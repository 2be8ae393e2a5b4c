import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { compressionOf } from "../oci/media_type.ts";
import { drain } from "../layer/drain.ts";
import type { Layer } from "../layer/layer.ts";
import type { LayerFacts } from "../layer/layer_form.ts";
import { shared } from "../layer/shared.ts";
import { DigestMismatchError } from "../errors.ts";
import { lazy } from "../stream/lazy.ts";
import type { KeptLayer } from "./kept_layer.ts";
import type { LayerCache } from "./layer_cache.ts";

/** What a {@linkcode CachedLayer} is made of. */
export interface CachedLayerInit {
  /** The layer, as it would be without a cache. */
  readonly layer: Layer;
  /** Where it may be known. */
  readonly cache: LayerCache;
  /** The key of what it is made from. */
  readonly key: string;
  /** What is known of it already. */
  readonly facts: LayerFacts | undefined;
  /** Whether the key stands for what is read from now on, so that it can be remembered. */
  readonly isSettled: boolean;
}

/**
 * A layer whose inputs are looked at, and read only if they are not those of a layer that was built
 * before. A compressed one is kept as it passes; a plain one is not, its files are as good.
 */
export class CachedLayer implements Layer {
  /** Its bytes open again. */
  readonly replayable = true;
  readonly #init: CachedLayerInit;
  readonly #isKept: boolean;
  readonly #read: () => Promise<LayerFacts>;
  #facts: LayerFacts | undefined;

  /** Reads nothing. */
  constructor(init: CachedLayerInit) {
    this.#init = init;
    this.#facts = init.facts;
    this.#isKept = compressionOf(init.layer.mediaType) !== "none";
    this.#read = shared(async () => {
      await drain(this.compressed());
      return this.#facts ?? await this.#learn();
    });
  }

  /** The media type of the layer. */
  get mediaType(): string {
    return this.#init.layer.mediaType;
  }

  /** The descriptor, when the layer was built before or has been read by now. */
  get descriptor(): Descriptor | undefined {
    if (this.#facts === undefined) return undefined;
    const { digest, size } = this.#facts;
    return { mediaType: this.mediaType, digest, size };
  }

  /** The digest of the compressed bytes. */
  async digest(): Promise<Digest> {
    return (this.#facts ?? await this.#read()).digest;
  }

  /** The digest of the tar. */
  async diffId(): Promise<Digest> {
    return (this.#facts ?? await this.#read()).diffId;
  }

  /** The number of compressed bytes. */
  async size(): Promise<number> {
    return (this.#facts ?? await this.#read()).size;
  }

  /** Opens the bytes: those that were kept, or else from the inputs. */
  compressed(): ReadableStream<Uint8Array> {
    return lazy(async () => {
      const { layer, cache } = this.#init;
      const kept = this.#isKept && this.#facts ? await cache.open(this.#facts) : undefined;
      if (kept !== undefined) return kept;
      const keeping = this.#isKept ? await cache.begin() : undefined;
      return this.#keep(layer.compressed(), keeping);
    });
  }

  /** Opens the tar, from the inputs. */
  uncompressed(): ReadableStream<Uint8Array> {
    return this.#isKept ? this.#init.layer.uncompressed() : this.compressed();
  }

  #keep(
    source: ReadableStream<Uint8Array>,
    kept: KeptLayer | undefined,
  ): ReadableStream<Uint8Array> {
    const reader = source.getReader();
    let over = false;
    return new ReadableStream({
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (over) return;
          if (!done) {
            await kept?.append(value);
            return over ? undefined : controller.enqueue(value);
          }
          over = true;
          const facts = await this.#learn();
          await kept?.keep(facts);
          controller.close();
        } catch (error) {
          over = true;
          await kept?.discard();
          throw error;
        }
      },
      async cancel(reason) {
        over = true;
        await reader.cancel(reason);
        await kept?.discard();
      },
    }, { highWaterMark: 0 });
  }

  /** Takes note of what the layer tells now that it has been read. */
  async #learn(): Promise<LayerFacts> {
    const { layer, cache, key, isSettled } = this.#init;
    const [digest, diffId, size] = [await layer.digest(), await layer.diffId(), await layer.size()];
    const expected = this.#facts?.digest;
    if (expected !== undefined && expected !== digest) {
      throw new DigestMismatchError(expected, digest);
    }
    this.#facts = { digest, diffId, size };
    if (isSettled) await cache.remember(key, this.#facts);
    return this.#facts;
  }
}
