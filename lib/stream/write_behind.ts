/** What is gathered before it is written: a lost process loses no more than two of these. */
const BUFFER_BYTES = 128 * 1024;

/**
 * Writes to a file while the next bytes are on their way: they are gathered in one buffer while
 * another thread writes the one before.
 */
export class WriteBehind {
  readonly #file: Deno.FsFile;
  #buffer: Uint8Array | undefined;
  #spare: Uint8Array | undefined;
  #filled = 0;
  #written = 0;
  #writing: Promise<void> = Promise.resolve();

  /** @param file Where the bytes go, from where it stands. */
  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** How many bytes have been written. */
  get written(): number {
    return this.#written;
  }

  /** Takes bytes, which are the caller's again at once; to be awaited before the next call. */
  append(bytes: Uint8Array): Promise<void> | undefined {
    this.#buffer ??= new Uint8Array(BUFFER_BYTES);
    if (bytes.length > BUFFER_BYTES - this.#filled) return this.#appendParts(bytes);
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** Waits until all is written that was taken. */
  async flush(): Promise<void> {
    await this.#write();
    await this.#writing;
  }

  async #appendParts(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length;) {
      const part = bytes.subarray(taken, taken + BUFFER_BYTES - this.#filled);
      this.append(part);
      taken += part.length;
      if (this.#filled === BUFFER_BYTES) await this.#write();
    }
  }

  /** Begins to write what is gathered, as soon as what is being written is. */
  async #write(): Promise<void> {
    const full = this.#buffer;
    await this.#writing;
    if (full === undefined || this.#filled === 0) return;
    const bytes = full.subarray(0, this.#filled);
    [this.#buffer, this.#spare] = [this.#spare, full];
    this.#filled = 0;
    this.#writing = this.#writeAll(bytes);
    this.#writing.catch(() => {});
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const count = await this.#file.write(bytes.subarray(done));
      done += count;
      this.#written += count;
    }
  }
}
