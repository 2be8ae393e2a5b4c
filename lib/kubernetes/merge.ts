/** A value, and which of the sources it comes from. */
export interface Merged<T> {
  /** The number of the source. */
  readonly index: number;
  /** What it gave. */
  readonly value: T;
}

/** Gives the values of several sources as they come, until the first ends or fails. */
export async function* merge<T>(
  sources: readonly AsyncIterable<T>[],
): AsyncGenerator<Merged<T>> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const next = async (index: number) => ({ index, result: await iterators[index]?.next() });
  const pending = iterators.map((_, index) => next(index));
  try {
    for (;;) {
      const { index, result } = await Promise.race(pending);
      if (result === undefined || result.done === true) return;
      pending[index] = next(index);
      yield { index, value: result.value };
    }
  } finally {
    for (const promise of pending) promise.catch(() => {});
    for (const iterator of iterators) iterator.return?.().catch(() => {});
  }
}
