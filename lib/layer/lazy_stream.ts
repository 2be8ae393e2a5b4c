/**
 * Gives a stream whose source is opened by the first pull, and not before. A cancel reaches the
 * source, opened or not yet: then through the signal.
 */
export function lazyStream(
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
        if (cancelled.signal.aborted) return source.cancel(cancelled.signal.reason);
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
