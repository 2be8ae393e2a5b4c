import type { Inflater } from "./decoder.ts";
import type { GunzipAnswer, GunzipOrder, GunzipWorker } from "./gunzip_worker.ts";

/** Somebody who waits for what a worker will say. */
type Waiting<T> = PromiseWithResolvers<T>;

/**
 * Decompresses gzip in a worker, at the pace of its reader: so this thread can use a chunk while the
 * next one is made. The process stays alive for it only while somebody waits for a chunk.
 */
export class RemoteGunzip implements Inflater {
  readonly #worker: GunzipWorker;
  readonly #onEnd: () => void;
  readonly #blocks: Waiting<Uint8Array<ArrayBuffer>>[] = [];
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  readonly #ready: Waiting<void> = Promise.withResolvers();
  #reading: Waiting<void> | undefined;
  #isEnded = false;
  #failure: Error | undefined;

  private constructor(worker: GunzipWorker, onEnd: () => void) {
    this.#worker = worker;
    this.#onEnd = onEnd;
    this.#ready.promise.catch(() => {});
    worker.on("message", (answer: GunzipAnswer) => this.#hear(answer));
    worker.on("error", (cause) => this.#fail(new Error("its worker failed", { cause })));
    worker.on("exit", () => this.#fail(new Error("its worker ended")));
  }

  /**
   * Starts a worker; gives none where none can start.
   *
   * @param onEnd Is called once, when the worker is gone or never came.
   */
  static async open(
    start: () => Promise<GunzipWorker>,
    onEnd: () => void,
  ): Promise<RemoteGunzip | undefined> {
    const worker = await start().catch(() => undefined);
    if (worker === undefined) {
      onEnd();
      return undefined;
    }
    const gunzip = new RemoteGunzip(worker, onEnd);
    worker.ref();
    const isThere = await gunzip.#ready.promise.then(() => true, () => false);
    worker.unref();
    return isThere ? gunzip : undefined;
  }

  /**
   * Decompresses a block that begins its buffer, which moves away.
   *
   * @returns The block, when it was taken, from the byte on that belongs to no member.
   */
  feed(block: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const taken: Waiting<Uint8Array<ArrayBuffer>> = Promise.withResolvers();
    this.#blocks.push(taken);
    const { buffer, length } = block;
    this.#tell({ kind: "block", buffer, length }, [buffer]);
    return taken.promise;
  }

  /** Says that there are no more blocks. */
  end(): void {
    this.#tell({ kind: "end" });
  }

  /** Ends the worker. */
  destroy(): void {
    this.#chunks.length = 0;
    this.#fail(new Error("it was closed"));
  }

  /** The chunks; each is the reader's own. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#tell({ kind: "more" });
        yield chunk;
      } else if (this.#failure !== undefined) {
        throw this.#failure;
      } else if (this.#isEnded) {
        return;
      } else {
        await this.#wait();
      }
    }
  }

  async #wait(): Promise<void> {
    this.#reading = Promise.withResolvers();
    this.#worker.ref();
    await this.#reading.promise;
    this.#worker.unref();
  }

  #hear(answer: GunzipAnswer): void {
    if (answer.kind === "ready") {
      this.#ready.resolve();
    } else if (answer.kind === "taken") {
      const { buffer, length, unused } = answer;
      this.#blocks.shift()?.resolve(new Uint8Array(buffer, length - unused, unused));
    } else if (answer.kind === "chunk") {
      this.#chunks.push(new Uint8Array(answer.buffer, 0, answer.length));
    } else if (answer.kind === "end") {
      this.#finish();
    } else {
      const { code, message } = answer;
      this.#fail(Object.assign(new Error(message), { code }));
    }
    if (answer.kind !== "taken") this.#reading?.resolve();
  }

  #tell(order: GunzipOrder, moved: readonly ArrayBuffer[] = []): void {
    if (!this.#isEnded && this.#failure === undefined) this.#worker.postMessage(order, moved);
  }

  #finish(): void {
    this.#isEnded = true;
    this.#letGo();
  }

  #letGo(): void {
    this.#worker.terminate();
    this.#onEnd();
  }

  #fail(failure: Error): void {
    if (this.#failure !== undefined || this.#isEnded) return;
    this.#failure = failure;
    this.#letGo();
    this.#ready.reject(failure);
    for (const { reject } of this.#blocks.splice(0)) reject(failure);
    this.#reading?.resolve();
  }
}
