import { type ByteReader, byteStream, openBorrower } from "./byte_stream.ts";

/**
 * Makes a stream end with a signal: it then fails with the signal's reason, and its source is
 * cancelled with it, even while a read is pending.
 *
 * @returns The source itself when there is no signal.
 * @example
 * ```ts
 * import { abortable } from "@davit/davit/stream";
 *
 * const stalled = new ReadableStream<Uint8Array>();
 * const reading = abortable(stalled, AbortSignal.abort("enough")).getReader().read();
 * console.assert(await reading.catch((reason) => reason) === "enough");
 * ```
 */
export function abortable(
  source: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  if (signal === undefined) return source;
  const borrower = openBorrower(source);
  if (borrower !== undefined) return abortableBytes(borrower, signal);
  const reader = source.getReader();
  const listening = new AbortController();
  return new ReadableStream({
    start(controller) {
      function abort(): void {
        controller.error(signal?.reason);
        reader.cancel(signal?.reason).catch(() => {});
      }
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true, signal: listening.signal });
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (signal.aborted) return;
        if (!done) return controller.enqueue(value);
        listening.abort();
        controller.close();
      } catch (error) {
        listening.abort();
        throw error;
      }
    },
    cancel(reason) {
      listening.abort();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** A source that is cancelled ends the read that is pending. */
function abortableBytes(reader: ByteReader, signal: AbortSignal): ReadableStream<Uint8Array> {
  const abort = () => void reader.cancel(signal.reason).catch(() => {});
  const forget = () => signal.removeEventListener("abort", abort);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return byteStream({
    async read(room) {
      try {
        const result = await reader.read(room);
        signal.throwIfAborted();
        if (result.done) forget();
        return result;
      } catch (error) {
        forget();
        throw signal.aborted ? signal.reason : error;
      }
    },
    cancel(reason) {
      forget();
      return reader.cancel(reason);
    },
  });
}
