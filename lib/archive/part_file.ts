import { TemporaryFile } from "./temporary_file.ts";

/** A file under another name until it is published. */
export interface UnpublishedFile extends AsyncDisposable {
  /** Where it is. */
  readonly path: string;
  /** Leaves it for the next attempt, unless it is published. */
  keep(): void;
  /** Gives it its name. */
  publish(path: string): Promise<void>;
}

/**
 * `PATH.part`: a file in the making, beside the path it is to have. It is locked while a process is
 * at it; what a process left that died, or kept, the next one goes on with.
 */
export class PartFile implements UnpublishedFile {
  readonly path: string;
  readonly #file: Deno.FsFile;
  #isOver = false;
  #isClosed = false;

  private constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Opens the part of a path; while another process is at it, a temporary file of its own.
   *
   * @throws {FileError} When the directory is not there or takes no files.
   */
  static async beside(path: string): Promise<UnpublishedFile> {
    const part = `${path}.part`;
    const file = await Deno.open(part, { read: true, write: true, create: true })
      .catch(() => undefined);
    if (file !== undefined) {
      if (await file.tryLock(true) && await isStillAt(file, part)) return new PartFile(part, file);
      file.close();
    }
    return await TemporaryFile.beside(path);
  }

  keep(): void {
    this.#isOver = true;
  }

  async publish(path: string): Promise<void> {
    await TemporaryFile.rename(this.path, path);
    this.#isOver = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#isOver) await Deno.remove(this.path).catch(() => {});
    this.#file.close();
  }
}

/** Whoever was at it before may have published it since it was opened. */
async function isStillAt(file: Deno.FsFile, path: string): Promise<boolean> {
  const there = await Deno.lstat(path).catch(() => undefined);
  return there?.isFile === true && there.ino === (await file.stat()).ino;
}
