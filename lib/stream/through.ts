/** What bytes go through on their way: a synchronous core that knows no stream. */
export interface Step {
  /** Awaited once, before the first byte is read. */
  open?(): Promise<void>;
  /** Takes bytes and gives those that go on. */
  push(bytes: Uint8Array): Iterable<Uint8Array>;
  /** The source has ended: gives what was held back, or throws. */
  end(): Iterable<Uint8Array>;
  /** The source failed or the reader cancelled: nothing follows. */
  abort?(reason: unknown): void;
}

/**
 * Reads a source through a step, one pull at a time: nothing is read before the first pull, and
 * nothing ahead of it after. Empty chunks stop here. An error of the source passes as it is; an error of the step cancels
 * the source; a cancel reaches the source even while a read is pending.
 */
export function through(
  source: ReadableStream<Uint8Array>,
  step: Step,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let opened = false;
  let ended = false;
  let ready: Iterator<Uint8Array> = [].values();

  async function next(): Promise<Uint8Array | undefined> {
    if (!opened) await step.open?.();
    opened = true;
    for (;;) {
      const { done, value } = ready.next();
      if (!done && value.length > 0) return value;
      if (done && ended) return undefined;
      if (done) ready = await advance();
    }
  }

  async function advance(): Promise<Iterator<Uint8Array>> {
    const { done, value } = await reader.read();
    ended = done;
    return (done ? step.end() : step.push(value))[Symbol.iterator]();
  }

  return new ReadableStream({
    async pull(controller) {
      try {
        const bytes = await next();
        if (bytes === undefined) controller.close();
        else controller.enqueue(bytes);
      } catch (error) {
        step.abort?.(error);
        reader.cancel(error).catch(() => {});
        throw error;
      }
    },
    cancel(reason) {
      step.abort?.(reason);
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
