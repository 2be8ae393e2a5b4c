import type { Algorithm } from "../oci/digest.ts";
import { type Hasher, openHasher } from "./hash.ts";
import type { Measurement } from "./measure.ts";
import type { Step } from "./through.ts";

/** Hashes and counts bytes that pass, and tells at the end. */
export class Gauge implements Step {
  /** Settles when the bytes end. Nobody has to look at it. */
  readonly done: Promise<Measurement>;
  readonly #algorithm: Algorithm;
  readonly #settle: PromiseWithResolvers<Measurement> = Promise.withResolvers();
  #hasher: Hasher | undefined;
  #size = 0;

  /** Starts with nothing. */
  constructor(algorithm: Algorithm = "sha256") {
    this.#algorithm = algorithm;
    this.done = this.#settle.promise;
    this.done.catch(() => {});
  }

  /** Loads the hash. */
  async open(): Promise<void> {
    this.#hasher = await openHasher(this.#algorithm);
  }

  /** Takes bytes, at once, and gives them on. */
  push(bytes: Uint8Array): readonly [Uint8Array] {
    this.#hasher?.update(bytes);
    this.#size += bytes.length;
    return [bytes];
  }

  /** Tells what has passed. */
  end(): readonly [] {
    if (this.#hasher !== undefined) {
      this.#settle.resolve({ digest: this.#hasher.digest(), size: this.#size });
    }
    return [];
  }

  /** Says why no more bytes come. */
  abort(reason: unknown): void {
    this.#settle.reject(
      reason ?? new DOMException("Cannot measure: the stream was cancelled", "AbortError"),
    );
  }
}
