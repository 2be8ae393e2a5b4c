/** Events that are told as they happen, and taken one after the other. */
export class EventQueue<T> implements AsyncIterable<T> {
  readonly #events: T[] = [];
  #wake = Promise.withResolvers<void>();
  #end: { readonly error?: unknown } | undefined;

  /** Tells an event. */
  push(event: T): void {
    this.#events.push(event);
    this.#wake.resolve();
  }

  /** There are no more; with an error, because of it. */
  end(reason: { readonly error?: unknown } = {}): void {
    this.#end ??= reason;
    this.#wake.resolve();
  }

  /** Gives the events, and throws the error that ended them. */
  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
        yield event;
      }
      if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return;
      }
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
  }
}

/** Runs something that tells events, and gives them; when nobody takes them any more, it is ended. */
export async function* eventsOf<T>(
  signal: AbortSignal | undefined,
  run: (emit: (event: T) => void, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<T> {
  const ending = new AbortController();
  const queue = new EventQueue<T>();
  const both = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const running = run((event) => queue.push(event), both).then(
    () => queue.end(),
    (error) => queue.end({ error }),
  );
  try {
    yield* queue;
  } finally {
    ending.abort();
    await running;
  }
}
