/** A deadline that can be moved for as long as it has not passed. */
export class Deadline implements Disposable {
  readonly #passed = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param milliseconds How far away it is. */
  constructor(milliseconds: number) {
    this.set(milliseconds);
  }

  /** Aborts when it passes. */
  get signal(): AbortSignal {
    return this.#passed.signal;
  }

  /** Moves it: it passes that many milliseconds from now. */
  set(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#passed.abort(), milliseconds);
  }

  /** It does not pass any more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
