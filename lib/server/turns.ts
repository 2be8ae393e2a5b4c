/**
 * Lets many share something, or one have it alone. Whoever wants it alone comes before those who
 * ask to share it later, so a removal waits for the pushes that began before it and no longer.
 */
export class Turns {
  readonly #sharing = new Set<Promise<unknown>>();
  #alone: Promise<unknown> = Promise.resolve();

  /** Runs something beside others that share. */
  async share<T>(run: () => Promise<T>): Promise<T> {
    let before: Promise<unknown> | undefined;
    while (before !== this.#alone) {
      before = this.#alone;
      await before;
    }
    const running = run();
    const settled = running.then(() => {}, () => {});
    this.#sharing.add(settled);
    settled.then(() => this.#sharing.delete(settled));
    return await running;
  }

  /** Runs something beside nobody. */
  alone<T>(run: () => Promise<T>): Promise<T> {
    const before = [this.#alone, ...this.#sharing];
    const running = Promise.all(before).then(run);
    this.#alone = running.then(() => {}, () => {});
    return running;
  }
}
