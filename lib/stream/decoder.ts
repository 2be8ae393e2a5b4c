import type { Transform } from "node:stream";
import { CompressionError } from "../errors.ts";

/** What decompresses: bytes go in by a way of its own, and come out as it is iterated. */
export interface Inflater extends AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** Says that no more bytes come. */
  end(): void;
  /** Frees what it holds, and fails who waits for bytes. */
  destroy(): void;
}

/** A `node:zlib` stream that decompresses. */
export interface ZlibInflater extends Transform {
  /** How many bytes it has made use of. */
  readonly bytesWritten: number;
}

/** What a decoder gives at a time, at most. */
export const DECODED_CHUNK_SIZE: number = 256 * 1024;

/** Gives the bytes of an {@linkcode Inflater}, one pull at a time. */
export class Decoder {
  readonly #format: string;
  readonly #inflater: Inflater;
  readonly #feed: () => Promise<void>;
  readonly #output: AsyncIterator<Uint8Array<ArrayBuffer>>;
  #feeding: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /**
   * @param format How errors name it.
   * @param feed Gives the inflater all input. What it throws is what the reader sees.
   */
  constructor(
    format: string,
    inflater: Inflater,
    feed: () => Promise<void>,
  ) {
    this.#format = format;
    this.#inflater = inflater;
    this.#feed = feed;
    this.#output = inflater[Symbol.asyncIterator]();
  }

  /** The next bytes, or `undefined` after the last. */
  async next(): Promise<Uint8Array | undefined> {
    this.#feeding ??= this.#feedAll();
    try {
      const { done, value } = await this.#output.next();
      if (!done) return new Uint8Array(value.buffer, value.byteOffset, value.length);
      await this.#feeding;
    } catch (error) {
      this.#failure ??= { error: toCompressionError(this.#format, error) };
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return undefined;
  }

  /** Frees what it holds. The source is not its business. */
  close(): void {
    this.#inflater.destroy();
  }

  async #feedAll(): Promise<void> {
    try {
      await this.#feed();
      this.#inflater.end();
    } catch (error) {
      this.#failure = { error };
      this.#inflater.destroy();
    }
  }
}

/**
 * Gives an inflater some input and waits until it was taken.
 *
 * @throws {CompressionError} When it does not decode.
 */
export function feedInflater(
  inflater: ZlibInflater,
  format: string,
  bytes: Uint8Array,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  inflater.write(bytes, (error) => error ? reject(toCompressionError(format, error)) : resolve());
  return promise;
}

/** Says in our words why an inflater failed. */
export function toCompressionError(format: string, cause: unknown): CompressionError {
  const { code, message } = cause as { readonly code?: string; readonly message: string };
  const why = code === "Z_BUF_ERROR" ? "it ended early" : message;
  return new CompressionError(`Cannot decompress ${format} content: ${why}`, { cause });
}
