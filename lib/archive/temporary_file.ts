import { FileError } from "../errors.ts";
import { fileFailure, systemReason } from "../layer/file_failure.ts";

/** A file that has a temporary name until it is published, and is gone if it never is. */
export class TemporaryFile implements AsyncDisposable {
  /** The temporary name. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes an empty file beside the path it may become.
   *
   * @throws {FileError} When the directory is not there or takes no files.
   */
  static async beside(path: string): Promise<TemporaryFile> {
    const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
    try {
      (await Deno.open(temporary, { write: true, createNew: true })).close();
    } catch (cause) {
      throw fileFailure("write", path, cause);
    }
    return new TemporaryFile(temporary);
  }

  /**
   * Makes an empty file where the system keeps such.
   *
   * @throws {FileError} When that takes no files.
   */
  static async anywhere(): Promise<TemporaryFile> {
    const affixes = { prefix: "davit-", suffix: ".tar" };
    const path = await Deno.makeTempFile(affixes).catch((cause) => {
      const why = systemReason(cause);
      throw new FileError(
        `Cannot make a temporary file: ${why}; set TMPDIR to a directory that takes files`,
        "",
        { cause },
      );
    });
    return new TemporaryFile(path);
  }

  /**
   * Gives the file its name, in place of what had it.
   *
   * @throws {FileError} When a directory has that name.
   */
  async publish(path: string): Promise<void> {
    await TemporaryFile.rename(this.path, path);
  }

  /** Nobody would find it again: it goes in any case. */
  keep(): void {}

  /**
   * Gives a file another name, in place of what had it.
   *
   * @throws {FileError} When a directory has that name.
   */
  static async rename(from: string, path: string): Promise<void> {
    try {
      await Deno.rename(from, path);
    } catch (cause) {
      throw fileFailure("write", path, cause);
    }
  }

  /** Removes the file, unless it was published. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
