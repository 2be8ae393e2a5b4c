/** A ceiling on how many tasks run at once. Waiting tasks start in the order they came. */
export class Permits {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** Lets nobody in yet. @param count How many may run at once, at least 1. */
  constructor(count: number) {
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(`Cannot run ${count} jobs at once: expected a whole number from 1`);
    }
    this.#free = count;
  }

  /** Runs a task when its turn comes; throws the signal's reason if that comes first. */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#take();
    try {
      signal?.throwIfAborted();
      return await task();
    } finally {
      this.#release();
    }
  }

  #take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
