import type { CallOptions } from "../layer/content_source.ts";
import type { ArchiveEntry, ArchiveForm } from "./archive_form.ts";
import { isWorthKeeping, MIN_KEPT_BYTES } from "../store/resume.ts";
import { writeRange } from "./file_range.ts";
import { PartFile, type UnpublishedFile } from "./part_file.ts";
import type { IncomingBlob, TarOutput } from "./tar_output.ts";
import { TarStage } from "./tar_stage.ts";
import { TemporaryFile } from "./temporary_file.ts";

/**
 * A tar that becomes a file. It grows as `PATH.part`; blobs that came in another order than the form
 * wants are brought into theirs at the end, so that the bytes depend on the contents alone. When the
 * connection breaks, the part stays, and the next attempt goes on with it; any other failure removes
 * it.
 */
export class TarFile implements TarOutput {
  readonly #path: string;
  readonly #file: UnpublishedFile;
  readonly #stage: TarStage;
  #isWorthKeeping: boolean | undefined;

  private constructor(path: string, file: UnpublishedFile, form: ArchiveForm) {
    this.#path = path;
    this.#file = file;
    this.#stage = new TarStage(file.path, (digest) => form.blobName(digest));
  }

  /** @throws {FileError} When no file can be made there. */
  static async create(path: string, form: ArchiveForm): Promise<TarFile> {
    return new TarFile(path, await PartFile.beside(path), form);
  }

  async add(blob: IncomingBlob, options: CallOptions = {}): Promise<void> {
    try {
      await this.#stage.add(blob, options);
    } catch (error) {
      this.#isWorthKeeping = this.#isWorthKeeping !== false &&
        isWorthKeeping(error, options.signal);
      throw error;
    }
  }

  async finish(entries: readonly ArchiveEntry[], options: CallOptions = {}): Promise<void> {
    if (await this.#stage.end(entries, options)) return await this.#file.publish(this.#path);
    await using ordered = await TemporaryFile.beside(this.#path);
    const tar = () => Promise.resolve(this.#stage.encode(entries));
    await writeRange(ordered.path, 0, tar, options);
    await ordered.publish(this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isMuch = this.#stage.received >= MIN_KEPT_BYTES;
    if (this.#isWorthKeeping === true && isMuch) this.#file.keep();
    await this.#file[Symbol.asyncDispose]();
  }
}
