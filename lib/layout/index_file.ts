import { FileError, LimitExceededError } from "../errors.ts";
import { fileFailure } from "../layer/file_failure.ts";
import { syncFile } from "./durable.ts";
import { withLock } from "../store/lock.ts";
import { type DurableOptions, renameInto } from "./partial_file.ts";
import { MAX_INDEX_BYTES, readDocument } from "./read_document.ts";
import { Roots } from "./roots.ts";

/** An edit of the roots. What it throws fails that edit alone. */
export type RootsEdit = (roots: Roots) => Roots;

interface Waiting {
  readonly edit: RootsEdit;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

interface Snapshot {
  /** Which file it was read from: the next writer replaces the file, so this changes. */
  readonly stamp: string;
  readonly roots: Roots;
}

/**
 * The `index.json` of a layout. Reads are cheap while nobody else writes the file. Edits that come
 * while one is being written go together in the next write, so that thousands of them at once cost
 * a few writes; each promise fulfils once its edit is in the file.
 *
 * Writers take a lock, read the file anew and replace it by a rename, so nobody's edit is lost and
 * readers see a whole file at any time.
 */
export class IndexFile {
  readonly #path: string;
  readonly #lock: string;
  readonly #durable: boolean;
  #snapshot: Snapshot | undefined;
  #waiting: Waiting[] = [];
  #isWriting = false;

  /**
   * @param directory The layout.
   * @param options.durable Whether edits survive a loss of power; `false` unless said.
   */
  constructor(directory: string, { durable = false }: DurableOptions = {}) {
    this.#durable = durable;
    this.#path = `${directory}/index.json`;
    this.#lock = `${directory}/oci-layout`;
  }

  /**
   * The roots as they are now.
   *
   * @throws {FileError} When there is no such file.
   * @throws {DocumentError} When the file is no OCI index.
   * @throws {LimitExceededError} When it is larger than {@linkcode MAX_INDEX_BYTES}.
   */
  async read(): Promise<Roots> {
    const stamp = this.#stamp();
    if (this.#snapshot !== undefined && this.#snapshot.stamp === stamp) return this.#snapshot.roots;
    const bytes = await readDocument(this.#path);
    if (bytes === undefined) throw this.#missing();
    const roots = Roots.parse(bytes, `"${this.#path}"`);
    this.#snapshot = { stamp, roots };
    return roots;
  }

  /** Changes the roots; fulfils when the change is in the file. */
  edit(edit: RootsEdit): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ edit, resolve, reject });
    if (!this.#isWriting) this.#writeAll();
    return promise;
  }

  /** Never rejects: the edits do. */
  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await withLock(this.#lock, () => this.#write(batch));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#snapshot = undefined;
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const before = await this.read();
    const after = batch.reduce((roots, { edit, reject }) => {
      try {
        return edit(roots);
      } catch (error) {
        reject(error);
        return roots;
      }
    }, before);
    if (after === before) return;
    await this.#replace(new TextEncoder().encode(after.format()));
    this.#snapshot = { stamp: this.#stamp(), roots: after };
  }

  async #replace(bytes: Uint8Array): Promise<void> {
    if (bytes.length > MAX_INDEX_BYTES) {
      throw new LimitExceededError(`a longer "${this.#path}" again`, MAX_INDEX_BYTES);
    }
    const temporary = `${this.#path}.tmp`;
    try {
      await Deno.writeFile(temporary, bytes);
      if (this.#durable) await syncFile(temporary);
      await renameInto(temporary, this.#path, { durable: this.#durable });
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw fileFailure("write", this.#path, error);
    }
  }

  #stamp(): string {
    try {
      const { ino, mtime, size } = Deno.statSync(this.#path);
      return `${ino} ${mtime?.getTime()} ${size}`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw this.#missing();
    }
  }

  #missing(): FileError {
    return new FileError(
      `Cannot read "${this.#path}": an OCI layout must have an index.json, found none`,
      this.#path,
    );
  }
}
