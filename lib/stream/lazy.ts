/**
 * Makes a stream that is opened on the first pull, and not at all when it is cancelled before.
 *
 * A cancel waits for nobody: it reaches the source, and one that is still being opened through the
 * signal; what opens in spite of it is cancelled then.
 *
 * @param open Called once at most. What it throws is the stream's error.
 * @example
 * ```ts
 * import { lazy } from "@davit/davit/stream";
 *
 * const stream = lazy(() => Promise.reject(new Error("never opened")));
 * await stream.cancel();
 * ```
 */
export function lazy(
  open: (
    signal: AbortSignal,
  ) => Promise<ReadableStream<Uint8Array>> | ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> {
  const cancelled = new AbortController();
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream({
    async pull(controller) {
      if (reader === undefined) {
        const source = await open(cancelled.signal);
        if (cancelled.signal.aborted) return await source.cancel(cancelled.signal.reason);
        reader = source.getReader();
      }
      const { done, value } = await reader.read();
      if (cancelled.signal.aborted) return;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      cancelled.abort(reason);
      await reader?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
