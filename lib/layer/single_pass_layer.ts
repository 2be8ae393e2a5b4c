import { ConsumedError, NotComputedError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { conclude } from "./conclude.ts";
import type { Layer } from "./layer.ts";
import type { LayerFacts, LayerForm, LayerPass } from "./layer_form.ts";

/** A layer whose source can be read once. */
export class SinglePassLayer implements Layer {
  readonly #form: LayerForm;
  #source: ReadableStream<Uint8Array> | undefined;
  #facts: Partial<LayerFacts> = {};
  #failure: { readonly cause: unknown } | undefined;

  /**
   * Takes the source over; nothing is read yet.
   *
   * @param source What is read.
   * @param form What it is.
   * @throws {TypeError} When somebody reads the source already.
   */
  constructor(source: ReadableStream<Uint8Array>, form: LayerForm) {
    if (source.locked) {
      throw new TypeError("Cannot make a layer: expected a stream that nobody reads yet");
    }
    this.#source = source;
    this.#form = form;
  }

  /** The media type of what `compressed()` gives. */
  get mediaType(): string {
    return this.#form.mediaType;
  }

  /** The descriptor, after the compressed bytes have passed. */
  get descriptor(): Descriptor | undefined {
    const { digest, size } = this.#facts;
    if (digest === undefined || size === undefined) return undefined;
    return { mediaType: this.mediaType, digest, size };
  }

  /**
   * The digest of the compressed bytes, after they have passed.
   *
   * @throws {NotComputedError} Before, and when the tar has passed uncompressed.
   */
  digest(): Promise<Digest> {
    return this.#tell("digest", this.#facts.digest);
  }

  /**
   * The digest of the tar, after it has passed.
   *
   * @throws {NotComputedError} Before.
   */
  diffId(): Promise<Digest> {
    return this.#tell("diff ID", this.#facts.diffId);
  }

  /**
   * The number of compressed bytes, after they have passed.
   *
   * @throws {NotComputedError} Before, and when the tar has passed uncompressed.
   */
  size(): Promise<number> {
    return this.#tell("size", this.#facts.size);
  }

  /**
   * Opens the bytes as they are stored and sent: the one pass.
   *
   * @throws {ConsumedError} At once, when the layer has been opened before.
   */
  compressed(): ReadableStream<Uint8Array> {
    return this.#pass(this.#form.compressed(this.#take()));
  }

  /**
   * Opens the tar itself: the one pass. It tells the diff ID alone, unless it is what is stored.
   *
   * @throws {ConsumedError} At once, when the layer has been opened before.
   */
  uncompressed(): ReadableStream<Uint8Array> {
    return this.#pass(this.#form.uncompressed(this.#take()));
  }

  /**
   * Gives up a layer that nobody has opened: its source is cancelled, and the layer fails with the
   * reason. Once it has been opened, whoever reads it ends it, and this does nothing.
   */
  async abandon(reason: unknown): Promise<void> {
    const source = this.#source;
    if (source === undefined) return;
    this.#source = undefined;
    this.#failure = { cause: reason };
    await source.cancel(reason).catch(() => {});
  }

  #take(): ReadableStream<Uint8Array> {
    const source = this.#source;
    if (source === undefined) throw new ConsumedError("the layer");
    this.#source = undefined;
    return source;
  }

  #pass({ stream, facts }: LayerPass<Partial<LayerFacts>>): ReadableStream<Uint8Array> {
    return conclude(stream, {
      end: async () => {
        this.#facts = await facts;
      },
      fail: (cause) => {
        this.#failure = { cause };
      },
    });
  }

  #tell<T>(what: string, fact: T | undefined): Promise<T> {
    if (fact !== undefined) return Promise.resolve(fact);
    return Promise.reject(
      this.#failure === undefined ? new NotComputedError(what) : this.#failure.cause,
    );
  }
}
