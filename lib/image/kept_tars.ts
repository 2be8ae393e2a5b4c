/** Bytes that are read at once: the bodies of many small files, or a piece of a large one. */
const PIECE_BYTES = 1024 * 1024;

/** Where a tar lies in the file, and whether all of it does. */
interface Part {
  readonly start: number;
  isWhole: boolean;
}

/**
 * Tars in a temporary file that has no name: what has been fetched and decompressed once need not
 * be again. Where there is no room for them, or no permission, they are not kept, and whoever wants
 * them reads their source again.
 */
export class KeptTars implements Disposable {
  readonly #file: Deno.FsFile | undefined;
  readonly #path: string | undefined;
  readonly #parts = new Map<number, Part>();
  #end = 0;
  #writing: Promise<void> = Promise.resolve();
  #window = { start: 0, bytes: new Uint8Array() };

  /** Opens the file. @param mayKeep Whether anything is kept at all. */
  constructor(mayKeep = true) {
    if (!mayKeep) return;
    const path = attempt(() => Deno.makeTempFileSync({ prefix: "davit-" }));
    if (path === undefined) return;
    this.#file = attempt(() => Deno.openSync(path, { read: true, write: true }));
    // A file in use cannot be removed on Windows.
    const isNameless = attempt(() => (Deno.removeSync(path), true)) === true;
    if (!isNameless) this.#path = path;
  }

  /** Begins a tar: what is written belongs to it from here on. */
  begin(tar: number): void {
    this.#parts.set(tar, { start: this.#end, isWhole: this.#file !== undefined });
  }

  /**
   * Keeps the next bytes of a tar, if it can. They are written while the caller goes on, who may
   * read them and not change them; to be awaited before the next call.
   */
  async write(tar: number, bytes: Uint8Array): Promise<void> {
    await this.#writing;
    const part = this.#parts.get(tar);
    if (part?.isWhole) this.#writing = this.#append(part, bytes);
  }

  /** Waits until all is kept that was written; to be awaited before anything is read. */
  async settle(): Promise<void> {
    await this.#writing;
  }

  /** Says whether the whole tar is here. */
  has(tar: number): boolean {
    return this.#parts.get(tar)?.isWhole === true;
  }

  /** Reads bytes of a tar: small ones whole, others piece by piece. */
  read(
    tar: number,
    { offset, size }: { readonly offset: number; readonly size: number },
  ): Uint8Array | (() => ReadableStream<Uint8Array>) {
    const start = (this.#parts.get(tar)?.start ?? 0) + offset;
    if (size <= PIECE_BYTES) return this.#read(start, size);
    return () => {
      let at = 0;
      return new ReadableStream({
        pull: (controller) => {
          const piece = this.#read(start + at, Math.min(size - at, PIECE_BYTES));
          at += piece.length;
          controller.enqueue(piece);
          if (at === size) controller.close();
        },
      }, { highWaterMark: 0 });
    };
  }

  /** Gives the room back. */
  [Symbol.dispose](): void {
    attempt(() => this.#file?.close());
    if (this.#path !== undefined) attempt(() => Deno.removeSync(this.#path ?? ""));
  }

  async #append(part: Part, bytes: Uint8Array): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    try {
      for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      this.#end += bytes.length;
    } catch {
      part.isWhole = false; // the disk is full
      this.#end = part.start;
      attempt(() => file.truncateSync(part.start));
      attempt(() => file.seekSync(part.start, Deno.SeekMode.Start));
    }
  }

  /** Files mostly follow each other: what is read for one holds the next ones too. */
  #read(start: number, size: number): Uint8Array {
    const { start: from, bytes } = this.#window;
    if (start < from || start + size > from + bytes.length) {
      const length = Math.min(Math.max(size, PIECE_BYTES), this.#end - start);
      this.#window = { start, bytes: this.#readWhole(start, length) };
      return this.#window.bytes.subarray(0, size);
    }
    return bytes.subarray(start - from, start - from + size);
  }

  #readWhole(start: number, size: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(size);
    this.#file?.seekSync(start, Deno.SeekMode.Start);
    for (let done = 0; done < size;) {
      const count = this.#file?.readSync(bytes.subarray(done)) ?? null;
      if (count === null) throw new RangeError(`Cannot read ${size} bytes that were not kept`);
      done += count;
    }
    return bytes;
  }
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
