import { concat } from "./concat.ts";

/** Reads a stream, may look at its first bytes before, and counts what was read. */
export class PeekableReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #ahead: Uint8Array[] = [];
  #bytesRead = 0;

  /** @param source Locked until the end. */
  constructor(source: ReadableStream<Uint8Array>) {
    this.#reader = source.getReader();
  }

  /** The bytes that `read()` has given. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** The first `count` bytes of what is to be read, or fewer when there are no more. */
  async peek(count: number): Promise<Uint8Array> {
    for (let length = 0; length < count;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.#ahead.push(value);
      length += value.length;
    }
    return concat(this.#ahead).subarray(0, count);
  }

  /** The next chunk, or `undefined` after the last. */
  async read(): Promise<Uint8Array | undefined> {
    const chunk = this.#ahead.shift() ?? (await this.#reader.read()).value;
    this.#bytesRead += chunk?.length ?? 0;
    return chunk;
  }

  /** All that `read()` would give, as a stream. */
  rest(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      pull: async (controller) => {
        const bytes = await this.read();
        if (bytes === undefined) controller.close();
        else controller.enqueue(bytes);
      },
      cancel: (reason) => this.cancel(reason),
    }, { highWaterMark: 0 });
  }

  /** Gives the source up. */
  cancel(reason: unknown): Promise<void> {
    this.#ahead = [];
    return this.#reader.cancel(reason);
  }
}
