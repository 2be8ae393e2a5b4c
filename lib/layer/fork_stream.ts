/** A stream that a second reader looks into. */
export interface Fork<T> {
  /** The bytes. It ends when the second reader has, and fails with it. */
  readonly stream: ReadableStream<Uint8Array>;
  /** What the second reader made of them. Nobody has to look at it. */
  readonly result: Promise<T>;
}

/**
 * Hands each chunk to a second reader too, at the pace of the slower one. The second may stop
 * early.
 *
 * @param consume Reads the copy; called by the first pull. It must not transfer the chunks.
 */
export function forkStream<T>(
  source: ReadableStream<Uint8Array>,
  consume: (copy: ReadableStream<Uint8Array>) => Promise<T>,
): Fork<T> {
  const reader = source.getReader();
  const result = Promise.withResolvers<T>();
  let started = false;
  let wanted = Promise.withResolvers<boolean>();
  let copies: ReadableStreamDefaultController<Uint8Array> | undefined;
  const copy = new ReadableStream<Uint8Array>({
    start(controller) {
      copies = controller;
    },
    pull: () => wanted.resolve(true),
    cancel: () => leave(),
  }, { highWaterMark: 0 });
  result.promise.then(leave, leave);

  function leave(): void {
    copies = undefined;
    wanted.resolve(false);
  }

  async function hand(bytes: Uint8Array): Promise<void> {
    if (!await wanted.promise) return;
    wanted = Promise.withResolvers();
    copies?.enqueue(bytes);
  }

  function fail(error: unknown): Promise<void> {
    copies?.error(error);
    leave();
    return reader.cancel(error);
  }

  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!started) consume(copy).then(result.resolve, result.reject);
      started = true;
      try {
        const { done, value } = await reader.read();
        if (!done) {
          await hand(value);
          return controller.enqueue(value);
        }
        copies?.close();
        await result.promise;
        controller.close();
      } catch (error) {
        fail(error).catch(() => {});
        throw error;
      }
    },
    cancel: fail,
  }, { highWaterMark: 0 });
  return { stream, result: result.promise };
}
