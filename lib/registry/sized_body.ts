/**
 * A stream whose length is known, as `fetch` takes it: what is a stream goes out in chunks, which
 * cost both sides more and which some servers refuse; what is a blob goes out with its length.
 */
export class SizedBody extends Blob {
  readonly #stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #size: number;

  /** @param size The bytes that the stream has. */
  constructor(stream: ReadableStream<Uint8Array>, size: number) {
    super();
    this.#stream = stream as ReadableStream<Uint8Array<ArrayBuffer>>;
    this.#size = size;
  }

  /** The bytes that the stream has. */
  override get size(): number {
    return this.#size;
  }

  /** The stream itself, for one reader. */
  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#stream;
  }
}
