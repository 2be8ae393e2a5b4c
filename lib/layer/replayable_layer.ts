import { DigestMismatchError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { conclude } from "./conclude.ts";
import { drain } from "./drain.ts";
import type { Layer } from "./layer.ts";
import type { LayerFacts, LayerForm } from "./layer_form.ts";
import { shared } from "./shared.ts";

/** Opens a source: the same bytes each time. */
export type OpenSource<Source = ReadableStream<Uint8Array>> = () => Source;

/** A layer whose source opens again and again. */
export class ReplayableLayer<Source = ReadableStream<Uint8Array>> implements Layer {
  /** Its bytes open again. */
  readonly replayable: boolean = true;
  readonly #form: LayerForm<Source>;
  readonly #open: OpenSource<Source>;
  readonly #readCompressed: () => Promise<void> = shared(() => drain(this.compressed()));
  readonly #readUncompressed: () => Promise<void> = shared(() => drain(this.uncompressed()));
  readonly #recall: () => Promise<Partial<LayerFacts>>;
  #facts: Partial<LayerFacts> = {};

  /**
   * Opens nothing yet.
   *
   * @param open Opens the source.
   * @param form What the source is.
   * @param recall Tells what is known elsewhere, before the source is read for it; it throws when
   * the source may not be read for that.
   */
  constructor(
    open: OpenSource<Source>,
    form: LayerForm<Source>,
    recall: () => Promise<Partial<LayerFacts>> = () => Promise.resolve({}),
  ) {
    this.#open = open;
    this.#form = form;
    this.#recall = shared(recall);
  }

  /** The media type of what `compressed()` gives. */
  get mediaType(): string {
    return this.#form.mediaType;
  }

  /** The descriptor, after the compressed bytes have passed once. */
  get descriptor(): Descriptor | undefined {
    const { digest, size } = this.#facts;
    if (digest === undefined || size === undefined) return undefined;
    return { mediaType: this.mediaType, digest, size };
  }

  /** The digest of the compressed bytes. The layer reads itself through unless they have passed. */
  digest(): Promise<Digest> {
    return this.#tell("digest", this.#readCompressed);
  }

  /** The digest of the tar. The layer reads itself through unless it has passed. */
  diffId(): Promise<Digest> {
    const { diffIdPass } = this.#form;
    return this.#tell(
      "diffId",
      diffIdPass === "compressed" ? this.#readCompressed : this.#readUncompressed,
    );
  }

  /** The number of compressed bytes. The layer reads itself through unless they have passed. */
  size(): Promise<number> {
    return this.#tell("size", this.#readCompressed);
  }

  /**
   * Opens the bytes as they are stored and sent. Nothing is read before the first pull.
   *
   * @throws {DigestMismatchError} Through the stream, when the source has changed since it last
   * passed.
   */
  compressed(): ReadableStream<Uint8Array> {
    return this.#pass("compressed");
  }

  /**
   * Opens the tar itself. Nothing is read before the first pull.
   *
   * @throws {DigestMismatchError} Through the stream, when the source has changed since it last
   * passed.
   */
  uncompressed(): ReadableStream<Uint8Array> {
    return this.#pass("uncompressed");
  }

  #pass(kind: "compressed" | "uncompressed"): ReadableStream<Uint8Array> {
    const { stream, facts } = this.#form[kind](this.#open());
    return conclude(stream, {
      end: async () => this.#learn(await facts),
      fail() {},
    });
  }

  #learn(facts: Partial<LayerFacts>): void {
    for (const name of ["diffId", "digest"] as const) {
      const expected = this.#facts[name];
      const actual = facts[name];
      if (expected !== undefined && actual !== undefined && actual !== expected) {
        throw new DigestMismatchError(expected, actual);
      }
    }
    this.#facts = { ...this.#facts, ...facts };
  }

  async #tell<Name extends keyof LayerFacts>(
    name: Name,
    read: () => Promise<void>,
  ): Promise<LayerFacts[Name]> {
    if (this.#facts[name] === undefined) this.#learn(await this.#recall());
    if (this.#facts[name] === undefined) await read();
    return this.#facts[name] as LayerFacts[Name];
  }
}
