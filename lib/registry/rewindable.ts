import { concat } from "../stream/concat.ts";

/** How a {@linkcode Rewindable} reads. */
export interface RewindableOptions {
  /** Opens the bytes from an offset on; what is single-pass, from the start and once. */
  readonly open: (offset: number) => Promise<ReadableStream<Uint8Array>>;
  /** Whether the bytes can be opened again. */
  readonly replayable: boolean;
  /** How many bytes that were read are held, to go back to. */
  readonly windowBytes: number;
}

/**
 * Bytes that can be read again after a failure: opened anew from anywhere, or, of what is
 * single-pass, from as far back as the window reaches.
 */
export class Rewindable {
  /** The offset of the next byte. */
  position = 0;
  /** What the bytes' own source failed with, in a box as it may be `undefined`. */
  failure: { readonly error: unknown } | undefined;
  readonly #options: RewindableOptions;
  /** What was read last: the bytes from `#start` to `#end`. */
  #held: Uint8Array[] = [];
  #start = 0;
  #end = 0;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(options: RewindableOptions) {
    this.#options = options;
  }

  /** Whether the bytes can be opened again. */
  get replayable(): boolean {
    return this.#options.replayable;
  }

  /** Reads on; nothing at the end. */
  async read(): Promise<Uint8Array | undefined> {
    if (this.position < this.#end) return this.#readHeld();
    const reading = this.#readNext();
    this.#reading = reading.catch(() => {});
    return await reading;
  }

  /** Reads as many bytes as there are, at most so many. */
  async take(count: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      const chunk = await this.read();
      if (chunk === undefined) break;
      const part = chunk.subarray(0, missing);
      this.position -= chunk.length - part.length;
      chunks.push(part);
      missing -= part.length;
    }
    return concat(chunks);
  }

  /** What is left, as a stream; when it is cancelled, reading can go on all the same. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      pull: async (controller) => {
        const chunk = await this.read();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
    }, { highWaterMark: 0 });
  }

  /** Goes to another offset; says whether that is possible. */
  async seek(position: number): Promise<boolean> {
    const { replayable } = this.#options;
    if (replayable && (position < this.#start || position > this.#end)) {
      await this.cancel(new Error("read again from elsewhere"));
      await this.#reading;
      this.#held = [];
      this.#reader = undefined;
      this.failure = undefined;
      this.#start = this.#end = this.position = position;
      return true;
    }
    await this.#reading;
    if (position < this.#start || position > this.#end) return false;
    this.position = position;
    return true;
  }

  /** Gives the source back. */
  async cancel(reason: unknown): Promise<void> {
    await this.#reader?.cancel(reason).catch(() => {});
  }

  #readHeld(): Uint8Array {
    let at = this.#start;
    for (const chunk of this.#held) {
      if (this.position < at + chunk.length) {
        const rest = chunk.subarray(this.position - at);
        this.position += rest.length;
        return rest;
      }
      at += chunk.length;
    }
    return new Uint8Array();
  }

  async #readNext(): Promise<Uint8Array | undefined> {
    try {
      this.#reader ??= (await this.#options.open(this.position)).getReader();
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#hold(value);
      this.position = this.#end;
      return value;
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  /** Holds the last chunks that make up the window, and the last one in any case. */
  #hold(chunk: Uint8Array): void {
    this.#held.push(chunk);
    this.#end += chunk.length;
    while (this.#held.length > 1) {
      const oldest = this.#held[0];
      if (oldest === undefined) break;
      if (this.#end - this.#start - oldest.length < this.#options.windowBytes) break;
      this.#held.shift();
      this.#start += oldest.length;
    }
  }
}
