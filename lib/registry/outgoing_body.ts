import { SizeMismatchError } from "../errors.ts";
import { SizedBody } from "./sized_body.ts";

/** What an outgoing body tells. */
export interface OutgoingOptions {
  /** How many bytes there are, when that is known. */
  readonly size?: number | undefined;
  /** How long the other side may take none, in milliseconds. */
  readonly stallTimeoutMs: number;
  /** The other side has taken none for too long. */
  readonly stalled: () => void;
  /** The last byte has been taken. */
  readonly sent: () => void;
}

/**
 * A request's body. It keeps the first error of its source, which `fetch` wraps beyond recognition,
 * and gives the source back when the server answers early or the request fails. The time that the
 * source takes does not count as a stall.
 */
export class OutgoingBody {
  /** What `fetch` reads. */
  readonly body: ReadableStream<Uint8Array> | SizedBody;
  /** What the source failed with, in a box as it may be `undefined`. */
  failure: { readonly error: unknown } | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #options: OutgoingOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #sent = 0;

  constructor(source: ReadableStream<Uint8Array>, options: OutgoingOptions) {
    this.#reader = source.getReader();
    this.#options = options;
    this.#timer = setTimeout(options.stalled, options.stallTimeoutMs);
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => this.#pull(controller),
      cancel: (reason) => this.close(reason),
    }, { highWaterMark: 0 });
    const { size } = options;
    this.body = size === undefined ? stream : new SizedBody(stream, size);
  }

  /** Ends the body: a source that was not read to its end is cancelled. */
  close(reason?: unknown): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#closed = true;
    this.#reader.cancel(reason).catch(() => {});
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#closed) return controller.error(new Error("Cannot send more: the request is over"));
    try {
      const { done, value } = await this.#reader.read();
      if (done) return this.#end(controller);
      this.#sent += value.length;
      const isLast = this.#sent === this.#options.size;
      if (isLast) await this.#requireEnd();
      controller.enqueue(value);
      if (isLast) return this.#end(controller);
      const { stalled, stallTimeoutMs } = this.#options;
      if (!this.#closed) this.#timer = setTimeout(stalled, stallTimeoutMs);
    } catch (error) {
      this.#closed = true;
      this.failure ??= { error };
      throw error;
    }
  }

  /**
   * Nobody asks for the end behind the last byte. It is read before that goes out, so that what is
   * found wrong at the end is never sent whole.
   */
  async #requireEnd(): Promise<void> {
    const { done, value } = await this.#reader.read();
    if (!done) throw new SizeMismatchError(this.#sent, this.#sent + value.length);
  }

  #end(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (!this.#closed) this.#options.sent();
    this.#closed = true;
    controller.close();
  }
}
