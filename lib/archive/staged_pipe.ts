import type { CallOptions } from "../layer/content_source.ts";
import type { ArchiveEntry, ArchiveForm } from "./archive_form.ts";
import type { IncomingBlob, TarOutput } from "./tar_output.ts";
import { TarStage } from "./tar_stage.ts";
import { TemporaryFile } from "./temporary_file.ts";

/**
 * A tar that goes into a pipe in an order which only the last blob decides: all of it waits in a
 * temporary file first.
 */
export class StagedPipe implements TarOutput {
  readonly #pipe: WritableStream<Uint8Array>;
  readonly #file: TemporaryFile;
  readonly #stage: TarStage;
  #closed = false;

  private constructor(
    pipe: WritableStream<Uint8Array>,
    file: TemporaryFile,
    form: ArchiveForm,
  ) {
    this.#pipe = pipe;
    this.#file = file;
    this.#stage = new TarStage(file.path, (digest) => form.blobName(digest));
  }

  /** @param pipe Closed when the tar is finished, aborted when it never is. */
  static async create(
    pipe: WritableStream<Uint8Array>,
    form: ArchiveForm,
  ): Promise<StagedPipe> {
    return new StagedPipe(pipe, await TemporaryFile.anywhere(), form);
  }

  add(blob: IncomingBlob, options?: CallOptions): Promise<void> {
    return this.#stage.add(blob, options);
  }

  async finish(entries: readonly ArchiveEntry[], options: CallOptions = {}): Promise<void> {
    const tar = this.#stage.encode(entries);
    this.#closed = true;
    await tar.pipeTo(this.#pipe, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      await this.#pipe.abort(new Error("the archive was given up")).catch(() => {});
    }
    await this.#file[Symbol.asyncDispose]();
  }
}
