import { byteStream, openByteReader } from "../stream/byte_stream.ts";

/** Options of {@linkcode watchBody}. */
export interface WatchOptions {
  /** How long the other side may be silent, in milliseconds. */
  readonly stallTimeoutMs: number;
  /** Words the failure: `undefined` is a stall. */
  readonly failure: (cause: unknown) => unknown;
}

/**
 * Passes a body on and fails when the other side stalls. The time that the reader takes does not
 * count.
 */
export function watchBody(
  body: ReadableStream<Uint8Array>,
  options: WatchOptions,
): ReadableStream<Uint8Array> {
  const { stallTimeoutMs, failure } = options;
  const reader = openByteReader(body);
  return byteStream({
    async read(room) {
      const { promise, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(undefined), stallTimeoutMs);
      try {
        return await Promise.race([reader.read(room), promise]);
      } catch (cause) {
        const error = failure(cause);
        reader.cancel(error).catch(() => {});
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
