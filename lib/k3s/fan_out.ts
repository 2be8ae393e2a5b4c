/** How far a reader may be behind the fastest one, in bytes. */
const MAX_BEHIND = 4 * 1024 * 1024;

/**
 * Gives the bytes of one stream to several readers, each at its own pace within a bounded queue. A
 * reader that gives up does not hold the others up; when all have, the source is cancelled.
 *
 * @param onFailure Hears why the source itself failed, before its readers do.
 */
export function fanOut(
  source: ReadableStream<Uint8Array>,
  count: number,
  onFailure: (error: unknown) => void = () => {},
): readonly ReadableStream<Uint8Array>[] {
  const reader = source.getReader();
  const branches = Array.from({ length: count }, () => new Branch());
  const isWanted = () => branches.some((branch) => !branch.isClosed);
  (async () => {
    try {
      while (isWanted()) {
        await Promise.all(branches.map((branch) => branch.room()));
        if (!isWanted()) break;
        const { done, value } = await reader.read();
        if (done) break;
        for (const branch of branches) branch.push(value);
      }
      await reader.cancel();
      for (const branch of branches) branch.close();
    } catch (error) {
      onFailure(error);
      for (const branch of branches) branch.fail(error);
    }
  })();
  return branches.map((branch) => branch.stream);
}

class Branch {
  readonly stream: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #hasRoom = Promise.withResolvers<void>();
  #isClosed = false;

  constructor() {
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#hasRoom.resolve(),
      cancel: () => this.#end(),
    }, { highWaterMark: MAX_BEHIND, size: (chunk) => chunk.length });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the reader is not too far behind, or gone. */
  room(): Promise<void> {
    if (this.#isClosed || (this.#controller?.desiredSize ?? 0) > 0) return Promise.resolve();
    this.#hasRoom = Promise.withResolvers();
    return this.#hasRoom.promise;
  }

  push(chunk: Uint8Array): void {
    if (!this.#isClosed) this.#controller?.enqueue(chunk);
  }

  close(): void {
    if (!this.#isClosed) this.#controller?.close();
    this.#end();
  }

  fail(error: unknown): void {
    if (!this.#isClosed) this.#controller?.error(error);
    this.#end();
  }

  #end(): void {
    this.#isClosed = true;
    this.#hasRoom.resolve();
  }
}
