import type { CallOptions } from "../layer/content_source.ts";
import type { ArchiveEntry, ArchiveForm } from "./archive_form.ts";
import { writeRange } from "./file_range.ts";
import type { IncomingBlob, TarOutput } from "./tar_output.ts";
import { TarStage } from "./tar_stage.ts";
import { TemporaryFile } from "./temporary_file.ts";

/**
 * A tar that becomes a file. It grows under a temporary name beside the path; blobs that came in
 * another order than the form wants are brought into theirs at the end, so that the bytes depend on
 * the contents alone.
 */
export class TarFile implements TarOutput {
  readonly #path: string;
  readonly #file: TemporaryFile;
  readonly #stage: TarStage;

  private constructor(path: string, file: TemporaryFile, form: ArchiveForm) {
    this.#path = path;
    this.#file = file;
    this.#stage = new TarStage(file.path, (digest) => form.blobName(digest));
  }

  /** @throws {FileError} When no file can be made there. */
  static async create(path: string, form: ArchiveForm): Promise<TarFile> {
    return new TarFile(path, await TemporaryFile.beside(path), form);
  }

  add(blob: IncomingBlob, options?: CallOptions): Promise<void> {
    return this.#stage.add(blob, options);
  }

  async finish(entries: readonly ArchiveEntry[], options: CallOptions = {}): Promise<void> {
    if (await this.#stage.end(entries, options)) return await this.#file.publish(this.#path);
    await using ordered = await TemporaryFile.beside(this.#path);
    const tar = () => Promise.resolve(this.#stage.encode(entries));
    await writeRange(ordered.path, 0, tar, options);
    await ordered.publish(this.#path);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file[Symbol.asyncDispose]();
  }
}
