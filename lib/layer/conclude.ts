/** Who is told how a stream ended: exactly one of the two, once. */
export interface Conclusion {
  /** The source has ended. The stream closes when this is done, and fails when it throws. */
  end(): Promise<void>;
  /** The source or `end()` failed, or the reader cancelled before the end. */
  fail(cause: unknown): void;
}

/**
 * Passes bytes through, and tells how it ended before the reader sees the end.
 *
 * A cancel without a reason fails with an `AbortError`.
 */
export function conclude(
  source: ReadableStream<Uint8Array>,
  conclusion: Conclusion,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let over = false;
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (over) return;
        if (!done) return controller.enqueue(value);
        over = true;
        await conclusion.end();
        controller.close();
      } catch (cause) {
        over = true;
        conclusion.fail(cause);
        throw cause;
      }
    },
    cancel(reason) {
      if (!over) conclusion.fail(reason ?? cancelled());
      over = true;
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

function cancelled(): DOMException {
  return new DOMException("Cannot measure the layer: its stream was cancelled", "AbortError");
}
