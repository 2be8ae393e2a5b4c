import { fileFailure } from "../layer/file_failure.ts";
import type { Beginning } from "../store/resume.ts";
import { parentOf, syncDirectory } from "./durable.ts";
import { WriteBehind } from "../stream/write_behind.ts";

/** How much a file that was published survives. */
export interface DurableOptions {
  /** Whether it survives a loss of power; `false` unless said. */
  readonly durable?: boolean;
}

const PREFIX = ".partial-";
const STALE_AFTER_MS = 60_000;
/** What is to be gone on with has a name by its digest, and is kept for a week. */
const RESUMABLE = /^sha(?:256|512)-[0-9a-f]+\.part$/;
const RESUMABLE_FOR_MS = 7 * 24 * 3600 * 1000;
const CHUNK_BYTES = 1024 * 1024;

/**
 * A file on its way into a directory, under a temporary name. It is removed when its scope ends
 * unless it was published, or kept to be gone on with. While it is open it is locked, which tells it
 * from what a crash left.
 */
export class PartialFile implements AsyncDisposable, Beginning {
  readonly #file: Deno.FsFile;
  readonly #directory: string;
  readonly #path: string;
  readonly #writer: WriteBehind;
  #size: number;
  #open = true;
  #kept = false;

  private constructor(file: Deno.FsFile, directory: string, path: string, size = 0) {
    this.#file = file;
    this.#directory = directory;
    this.#path = path;
    this.#writer = new WriteBehind(file);
    this.#size = size;
  }

  /**
   * Goes on with what an earlier process left under that name, or creates it.
   *
   * @param name What it is known by, such as `sha256-….part`.
   * @returns Nothing while another process is at it.
   * @throws {FileError} When the directory takes no files.
   */
  static async resume(directory: string, name: string): Promise<PartialFile | undefined> {
    const path = `${directory}/${name}`;
    try {
      const file = await Deno.open(path, { read: true, write: true, create: true });
      const isOurs = await file.tryLock(true) && await isStillAt(file, path);
      if (isOurs) return new PartialFile(file, directory, path, (await file.stat()).size);
      file.close();
      return undefined;
    } catch (error) {
      throw fileFailure("write", directory, error);
    }
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
   * Adds bytes to its end, at the latest before it is published or closed. To be awaited before the
   * next call.
   *
   * @throws {FileError} When the disk is full; this may be told later, at the latest by `publish()`.
   */
  append(bytes: Uint8Array): Promise<void> | undefined {
    this.#size += bytes.length;
    const writing = this.#writer.append(bytes);
    return writing && this.#written(writing);
  }

  /** How many bytes it has. */
  get size(): number {
    return this.#size;
  }

  /** Reads what it has; what is appended next comes behind it. */
  open(): ReadableStream<Uint8Array> {
    return ReadableStream.from(this.#read());
  }

  /** Forgets what it has. */
  async clear(): Promise<void> {
    await this.#writer.flush();
    this.#file.truncateSync(0);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#size = 0;
  }

  /** Leaves it to be gone on with. */
  keep(): void {
    this.#kept = true;
  }

  /**
   * Gives it its name, in one step, replacing whatever had that name.
   *
   * @param options.durable Whether it then survives a loss of power too; `false` unless said.
   */
  async publish(path: string, { durable = false }: DurableOptions = {}): Promise<void> {
    await this.#written(this.#writer.flush());
    if (durable) await this.#file.syncData();
    await renameInto(this.#path, path, { durable });
    this.#kept = true;
    this.#close();
  }

  /** Removes the file unless it was published or kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.flush().catch(() => {});
    if (!this.#kept) await Deno.remove(this.#path).catch(() => {});
    this.#close();
  }

  async #written(writing: Promise<void>): Promise<void> {
    try {
      await writing;
    } catch (error) {
      throw fileFailure("write", this.#directory, error);
    }
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    for (let left = this.#size; left > 0;) {
      const chunk = new Uint8Array(Math.min(left, CHUNK_BYTES));
      const count = await this.#file.read(chunk);
      if (count === null) return;
      left -= count;
      yield chunk.subarray(0, count);
    }
  }

  #close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
}

/** Removes what processes that died have left in a directory. */
export async function removeStalePartials(directory: string): Promise<void> {
  for (const { name, isFile } of await listDirectory(directory)) {
    const age = name.startsWith(PREFIX) ? STALE_AFTER_MS : RESUMABLE_FOR_MS;
    if (!isFile || !(name.startsWith(PREFIX) || RESUMABLE.test(name))) continue;
    const path = `${directory}/${name}`;
    if (await isStale(path, age)) await Deno.remove(path).catch(() => {});
  }
}

/** Writes all of the bytes. */
export function writeAllSync(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    written += file.writeSync(written === 0 ? bytes : bytes.subarray(written));
  }
}

/** Renames a file, creating the directory it goes to if need be. */
export async function renameInto(
  from: string,
  to: string,
  { durable = false }: DurableOptions = {},
): Promise<void> {
  await withParent(to, () => Deno.rename(from, to));
  if (durable) await syncDirectory(parentOf(to));
}

/** Does something at a path; when its directory is missing, creates it and tries once more. */
export async function withParent(path: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(parentOf(path), { recursive: true });
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

/** Whoever was at it before may have given it another name since it was opened. */
async function isStillAt(file: Deno.FsFile, path: string): Promise<boolean> {
  const there = await Deno.lstat(path).catch(() => undefined);
  return there?.isFile === true && there.ino === (await file.stat()).ino;
}

/** A file that nobody has open for writing any more, and that was not changed lately. */
async function isStale(path: string, lately: number): Promise<boolean> {
  try {
    using file = await Deno.open(path, { read: true, write: true });
    const { mtime } = await file.stat();
    const age = Date.now() - (mtime?.getTime() ?? 0);
    return age > lately && await file.tryLock(true);
  } catch {
    return false;
  }
}
