import { DigestMismatchError, NotFoundError, SizeMismatchError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf } from "../oci/digest.ts";
import { openHasher } from "../stream/hash.ts";
import type { ByteRange } from "./byte_range.ts";
import type { Arriving } from "./passing.ts";
import type { HostedRepository, Upload } from "./repositories.ts";

/**
 * A blob on its way into a repository, from elsewhere, with any number of readers behind. They read
 * what has arrived, all but its last byte: that one they get when the whole has been verified, so
 * that nobody takes a wrong blob for a right one, and a wrong one is not kept.
 */
export class Fill implements Arriving {
  /** What is on its way. */
  readonly descriptor: Descriptor;
  /** Fulfils when the blob is there; rejects when it will not be. */
  readonly finished: Promise<void>;
  readonly #repository: HostedRepository;
  readonly #upload: Upload;
  #arrived = 0;
  #isPublished = false;
  #more: PromiseWithResolvers<void> = Promise.withResolvers();

  private constructor(
    repository: HostedRepository,
    upload: Upload,
    descriptor: Descriptor,
    source: ReadableStream<Uint8Array>,
  ) {
    this.#repository = repository;
    this.#upload = upload;
    this.descriptor = descriptor;
    this.finished = this.#take(source);
    this.finished.catch(() => {});
  }

  /** Begins to take a blob. */
  static async begin(
    repository: HostedRepository,
    descriptor: Descriptor,
    source: ReadableStream<Uint8Array>,
  ): Promise<Fill> {
    return new Fill(repository, await repository.uploads.begin(), descriptor, source);
  }

  /** Reads it as it arrives. The stream fails when the blob turns out wrong. */
  read(range: ByteRange = { start: 0, end: this.descriptor.size }): ReadableStream<Uint8Array> {
    return ReadableStream.from(this.#chunks(range));
  }

  async *#chunks({ start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    for (let offset = start; offset < end;) {
      while (this.#readable <= offset) await this.#more.promise;
      const part = { start: offset, end: Math.min(end, this.#readable) };
      for await (const chunk of await this.#open(part)) {
        offset += chunk.length;
        yield chunk;
      }
    }
  }

  get #readable(): number {
    return this.#isPublished ? this.descriptor.size : this.#arrived - 1;
  }

  async #open(range: ByteRange): Promise<ReadableStream<Uint8Array>> {
    const { blobs } = this.#repository;
    if (this.#isPublished) return await blobs.read(this.descriptor.digest, range);
    try {
      return await this.#upload.read(range);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof NotFoundError)) throw error;
      // It became a blob meanwhile, or was thrown away.
      await this.finished;
      return await blobs.read(this.descriptor.digest, range);
    }
  }

  async #take(source: ReadableStream<Uint8Array>): Promise<void> {
    try {
      await this.#write(source);
      await this.#upload.publish(this.descriptor.digest);
      this.#isPublished = true;
      this.#more.resolve();
    } catch (error) {
      await this.#upload.discard();
      this.#more.promise.catch(() => {});
      this.#more.reject(error);
      throw error;
    }
  }

  async #write(source: ReadableStream<Uint8Array>): Promise<void> {
    const { digest, size } = this.descriptor;
    const hasher = await openHasher(algorithmOf(digest));
    using writer = await this.#upload.open();
    for await (const chunk of source) {
      if (this.#arrived + chunk.length > size) {
        throw new SizeMismatchError(size, this.#arrived + chunk.length, { digest });
      }
      writer.append(chunk);
      hasher.update(chunk);
      this.#arrived += chunk.length;
      this.#tell();
    }
    if (this.#arrived < size) throw new SizeMismatchError(size, this.#arrived, { digest });
    const actual = hasher.digest();
    if (actual !== digest) throw new DigestMismatchError(digest, actual);
  }

  #tell(): void {
    const { resolve } = this.#more;
    this.#more = Promise.withResolvers();
    resolve();
  }
}
