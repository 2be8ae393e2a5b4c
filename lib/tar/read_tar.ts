import { ConsumedError, LimitExceededError } from "../errors.ts";
import type { TarHeader } from "./entry.ts";
import { type TarEntryEvent, type TarEvent, TarReader } from "./reader.ts";

/** Options of {@linkcode readTar}. */
export interface ReadTarOptions {
  /** Cancels the source and ends every wait. */
  readonly signal?: AbortSignal;
}

/** An entry of a tar that is being read, while it is the newest one. */
export interface TarEntry {
  /** What the entry is. */
  readonly header: TarHeader;
  /** Where its body begins in the tar, in bytes. */
  readonly offset: number;
  /**
   * Streams the body, once. What is left unread is skipped when the next entry is asked for.
   *
   * @throws {ConsumedError} At once or through the stream: when the body was opened before, or the
   * next entry was asked for.
   */
  body(): ReadableStream<Uint8Array>;
  /**
   * Reads the whole body, in place of {@linkcode body}.
   *
   * @param maxBytes 64 MiB unless said.
   * @throws {LimitExceededError} When the body is larger.
   */
  bytes(maxBytes?: number): Promise<Uint8Array>;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads a tar entry by entry, at the pace of its reader, with no more of it in memory than the
 * newest piece of the source.
 *
 * Leaving the loop early cancels the source. At the end the source is read to its own end, so that
 * whoever verifies it gets to see all of it.
 *
 * @throws {TarError} Through the iterator or a body: when the tar breaks its format.
 * @example
 * ```ts
 * import { readTar, writeTar } from "@davit/davit/tar";
 *
 * const header = { type: "file", name: "motd", size: 3, mode: 0o644, uid: 0, gid: 0, mtime: 0 } as const;
 * const tar = writeTar([{ header, body: new TextEncoder().encode("hi\n") }]);
 * for await (const entry of readTar(tar)) {
 *   console.assert(new TextDecoder().decode(await entry.bytes()) === "hi\n");
 * }
 * ```
 */
export function readTar(
  source: ReadableStream<Uint8Array>,
  options: ReadTarOptions = {},
): AsyncIterableIterator<TarEntry> {
  const events = new PulledEvents(source, options.signal);
  const entries = readEntries(events);
  return {
    next: () => entries.next(),
    async return() {
      await events.cancel();
      return await entries.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* readEntries(events: PulledEvents): AsyncGenerator<TarEntry, undefined> {
  try {
    for (;;) {
      const event = await events.next();
      if (event === undefined) return;
      if (event.kind !== "entry") continue;
      const entry = new OpenEntry(event, events);
      try {
        yield entry;
      } finally {
        await entry.close();
      }
    }
  } finally {
    await events.cancel();
  }
}

/** The events of a tar, pulled from a stream. */
class PulledEvents {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => void this.cancel(this.#signal?.reason);
  readonly #tar = new TarReader();
  #events: Iterator<TarEvent, void> | undefined;
  #isCancelled = false;

  constructor(source: ReadableStream<Uint8Array>, signal: AbortSignal | undefined) {
    this.#reader = source.getReader();
    this.#signal = signal;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Gives the next event; `undefined` when the source has ended or was let go. */
  async next(): Promise<TarEvent | undefined> {
    for (;;) {
      this.#signal?.throwIfAborted();
      if (this.#isCancelled) return undefined;
      const event = this.#events?.next();
      if (event?.done === false) return event.value;
      const { done, value } = await this.#reader.read();
      if (!done) {
        this.#events = this.#tar.push(value);
      } else if (!this.#isCancelled) {
        this.#tar.finish();
        return undefined;
      }
    }
  }

  /** Lets the source go. */
  async cancel(reason?: unknown): Promise<void> {
    this.#isCancelled = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    await this.#reader.cancel(reason).catch(() => {});
  }
}

/** The newest entry, and what is left of its body. */
class OpenEntry implements TarEntry {
  readonly header: TarHeader;
  readonly offset: number;
  readonly #events: PulledEvents;
  #remaining: number;
  #isOpened = false;
  #isClosed = false;
  #reading: Promise<TarEvent | undefined> | undefined;

  constructor({ header, offset }: TarEntryEvent, events: PulledEvents) {
    this.header = header;
    this.offset = offset;
    this.#events = events;
    this.#remaining = header.size;
  }

  body(): ReadableStream<Uint8Array> {
    this.#open();
    return new ReadableStream({
      pull: async (controller) => {
        if (this.#remaining > 0) controller.enqueue(await this.#read());
        if (this.#remaining === 0) controller.close();
      },
    }, { highWaterMark: 0 });
  }

  async bytes(maxBytes: number = DEFAULT_MAX_BYTES): Promise<Uint8Array> {
    const { name, size } = this.header;
    if (size > maxBytes) throw new LimitExceededError(`tar entry "${name}"`, maxBytes);
    this.#open();
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const piece = await this.#read();
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** Ends every read of the body: the source goes on to the next entry. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reading?.catch(() => {});
  }

  #open(): void {
    if (this.#isOpened || this.#isClosed) throw this.#consumed();
    this.#isOpened = true;
  }

  async #read(): Promise<Uint8Array> {
    if (this.#isClosed) throw this.#consumed();
    this.#reading = this.#events.next();
    const event = await this.#reading;
    if (event?.kind !== "body") throw this.#consumed();
    this.#remaining -= event.bytes.length;
    return event.bytes;
  }

  #consumed(): ConsumedError {
    return new ConsumedError(`the body of tar entry "${this.header.name}"`);
  }
}
