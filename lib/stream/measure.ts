import type { Algorithm, Digest } from "../oci/digest.ts";
import { Gauge } from "./gauge.ts";
import { through } from "./through.ts";

/** What is known of a stream that has passed. */
export interface Measurement {
  /** The digest of all bytes. */
  readonly digest: Digest;
  /** The number of bytes. */
  readonly size: number;
}

/** A stream that is being measured while it is read. */
export interface Measured {
  /** The same bytes. They count when they are read. */
  readonly stream: ReadableStream<Uint8Array>;
  /**
   * Settles when the stream does: with the measurement at its end, else rejected with the source's
   * error or the reason of the cancel. Nobody has to look at it.
   */
  readonly done: Promise<Measurement>;
}

/** Options of {@linkcode measure}. */
export interface MeasureOptions {
  /** The hash; `sha256` unless asked otherwise. */
  readonly algorithm?: Algorithm;
}

/**
 * Hashes and counts a stream while somebody else reads it.
 *
 * @example
 * ```ts
 * import { measure } from "@davit/davit/stream";
 *
 * const { stream, done } = measure(ReadableStream.from([new TextEncoder().encode("{}")]));
 * await stream.pipeTo(new WritableStream());
 * console.assert((await done).size === 2);
 * ```
 */
export function measure(
  source: ReadableStream<Uint8Array>,
  options: MeasureOptions = {},
): Measured {
  const gauge = new Gauge(options.algorithm);
  return { stream: through(source, gauge), done: gauge.done };
}
