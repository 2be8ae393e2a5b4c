/**
 * Lets many share something, or one have it alone. Whoever wants it alone waits for those who began
 * before, and goes before those who ask later: a removal is neither starved nor surprised by pushes.
 */
export class Turns {
  readonly #sharing = new Set<Promise<void>>();
  #alone: Promise<void> | undefined;

  /** Runs something beside others that share. */
  async share<T>(run: () => Promise<T>): Promise<T> {
    while (this.#alone !== undefined) await this.#alone;
    const running = run();
    const settled = settledOf(running).then(() => void this.#sharing.delete(settled));
    this.#sharing.add(settled);
    return await running;
  }

  /** Runs something beside nobody. */
  alone<T>(run: () => Promise<T>): Promise<T> {
    const running = Promise.all([this.#alone, ...this.#sharing]).then(run);
    const settled = settledOf(running).then(() => {
      if (this.#alone === settled) this.#alone = undefined;
    });
    this.#alone = settled;
    return running;
  }
}

function settledOf(running: Promise<unknown>): Promise<void> {
  return running.then(() => {}, () => {});
}
