const INTERVAL_MS = 100;

/** Bounds how often progress is told: ten times a second, and not in the first tenth. */
export class Pace {
  #last = Date.now();

  /** Says whether it is time again; if so, the next time begins to run. */
  isDue(): boolean {
    const now = Date.now();
    if (now - this.#last < INTERVAL_MS) return false;
    this.#last = now;
    return true;
  }
}
