import { fileFailure } from "../layer/file_failure.ts";

const PREFIX = ".partial-";
const STALE_AFTER_MS = 60_000;

/**
 * A file on its way into a directory, under a temporary name. It is removed when its scope ends
 * unless it was published. While it is open it is locked, which tells it from what a crash left.
 */
export class PartialFile implements AsyncDisposable {
  readonly #file: Deno.FsFile;
  readonly #directory: string;
  readonly #path: string;
  #open = true;
  #published = false;

  private constructor(file: Deno.FsFile, directory: string, path: string) {
    this.#file = file;
    this.#directory = directory;
    this.#path = path;
  }

  /**
   * Creates one, and its directory if need be.
   *
   * @throws {FileError} When the directory takes no files.
   */
  static async create(directory: string): Promise<PartialFile> {
    const path = `${directory}/${PREFIX}${crypto.randomUUID()}`;
    try {
      const file = await openNew(path).catch(async (error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        await Deno.mkdir(directory, { recursive: true });
        return await openNew(path);
      });
      await file.tryLock(true);
      return new PartialFile(file, directory, path);
    } catch (error) {
      throw fileFailure("write", directory, error);
    }
  }

  /**
   * Adds bytes to its end. Synchronous: half the time of an asynchronous write of such chunks.
   *
   * @throws {FileError} When the disk is full.
   */
  append(bytes: Uint8Array): void {
    try {
      writeAllSync(this.#file, bytes);
    } catch (error) {
      throw fileFailure("write", this.#directory, error);
    }
  }

  /** Gives it its name, in one step, replacing whatever had that name. */
  async publish(path: string): Promise<void> {
    this.#close();
    await renameInto(this.#path, path);
    this.#published = true;
  }

  /** Removes the file unless it was published. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    if (!this.#published) await Deno.remove(this.#path).catch(() => {});
  }

  #close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
}

/** Removes what processes that died have left in a directory. */
export async function removeStalePartials(directory: string): Promise<void> {
  for (const { name, isFile } of await listDirectory(directory)) {
    if (!isFile || !name.startsWith(PREFIX)) continue;
    const path = `${directory}/${name}`;
    if (await isStale(path)) await Deno.remove(path).catch(() => {});
  }
}

/** Writes all of the bytes. */
export function writeAllSync(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    written += file.writeSync(written === 0 ? bytes : bytes.subarray(written));
  }
}

/** Renames a file, creating the directory it goes to if need be. */
export function renameInto(from: string, to: string): Promise<void> {
  return withParent(to, () => Deno.rename(from, to));
}

/** Does something at a path; when its directory is missing, creates it and tries once more. */
export async function withParent(path: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await act();
  }
}

/** The entries of a directory; none when there is no such directory. */
export async function listDirectory(path: string): Promise<readonly Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function openNew(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { write: true, createNew: true });
}

/** A file that nobody has open for writing any more, and that was not made just now. */
async function isStale(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path, { read: true, write: true });
    const { mtime } = await file.stat();
    const age = Date.now() - (mtime?.getTime() ?? 0);
    return age > STALE_AFTER_MS && await file.tryLock(true);
  } catch {
    return false;
  }
}
