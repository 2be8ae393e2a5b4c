/**
 * Makes a stream that is opened on the first pull, and not at all when it is cancelled before.
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
  open: () => Promise<ReadableStream<Uint8Array>>,
): ReadableStream<Uint8Array> {
  let opening: Promise<ReadableStreamDefaultReader<Uint8Array>> | undefined;
  return new ReadableStream({
    async pull(controller) {
      opening ??= open().then((stream) => stream.getReader());
      const { done, value } = await (await opening).read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => opening?.then((reader) => reader.cancel(reason), () => {}),
  }, { highWaterMark: 0 });
}
