import { writeTar } from "../tar/write_tar.ts";
import { encodeHeader, paddingOf } from "../tar/writer.ts";
import type { Digest } from "../oci/digest.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { spool } from "../stream/spool.ts";
import type { ArchiveEntry, ArchiveForm } from "./archive_form.ts";
import { fileHeader, type IncomingBlob, type TarOutput } from "./tar_output.ts";

/**
 * A tar that goes into a pipe as its blobs come, one behind the other in the order of the calls. A
 * blob whose size is not known waits in a temporary file until it is.
 */
export class TarPipe implements TarOutput {
  readonly #pipe: WritableStream<Uint8Array>;
  readonly #nameOf: (digest: Digest) => string;
  readonly #written = new Set<Digest>();
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param pipe Closed when the tar is finished, aborted when it never is. */
  constructor(pipe: WritableStream<Uint8Array>, form: ArchiveForm) {
    this.#pipe = pipe;
    this.#nameOf = (digest) => form.blobName(digest);
  }

  async add(blob: IncomingBlob, options: CallOptions = {}): Promise<void> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      const { size, digest } = blob;
      if (size !== undefined && digest !== undefined) {
        await before;
        return await this.#addEntry(digest, size, () => blob.open(), options);
      }
      await using spooled = await spool(await blob.open(), options);
      await before;
      await this.#addEntry(
        await blob.seal(spooled.size),
        spooled.size,
        () => Promise.resolve(spooled.open()),
        options,
      );
    } finally {
      resolve();
    }
  }

  async finish(entries: readonly ArchiveEntry[], options: CallOptions = {}): Promise<void> {
    const documents = entries.flatMap(({ name, body }) =>
      body instanceof Uint8Array ? [{ header: fileHeader(name, body.length), body }] : []
    );
    this.#closed = true;
    await writeTar(documents).pipeTo(this.#pipe, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#pipe.abort(new Error("the archive was given up")).catch(() => {});
  }

  async #addEntry(
    digest: Digest,
    size: number,
    open: () => Promise<ReadableStream<Uint8Array>>,
    options: CallOptions,
  ): Promise<void> {
    if (this.#written.has(digest)) return;
    const body = await open();
    try {
      await this.#send(encodeHeader(fileHeader(this.#nameOf(digest), size)));
    } catch (error) {
      await body.cancel(error).catch(() => {});
      throw error;
    }
    await body.pipeTo(this.#pipe, { ...options, preventClose: true });
    await this.#send(new Uint8Array(paddingOf(size)));
    this.#written.add(digest);
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const writer = this.#pipe.getWriter();
    try {
      await writer.write(bytes);
    } finally {
      writer.releaseLock();
    }
  }
}
