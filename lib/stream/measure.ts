import type { Algorithm, Digest } from "../oci/digest.ts";
import { type Hasher, openHasher } from "./hash.ts";
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
  const { algorithm = "sha256" } = options;
  const { promise: done, resolve, reject } = Promise.withResolvers<Measurement>();
  done.catch(() => {});
  let hasher: Hasher;
  let size = 0;
  const stream = through(source, {
    async open() {
      hasher = await openHasher(algorithm);
    },
    push(bytes) {
      hasher.update(bytes);
      size += bytes.length;
      return [bytes];
    },
    end() {
      resolve({ digest: hasher.digest(), size });
      return [];
    },
    abort(reason) {
      reject(reason ?? new DOMException("Cannot measure: the stream was cancelled", "AbortError"));
    },
  });
  return { stream, done };
}
