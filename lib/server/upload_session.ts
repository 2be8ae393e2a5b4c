import { type Algorithm, algorithmOf, type Digest } from "../oci/digest.ts";
import { type Hasher, openHasher } from "../stream/hash.ts";
import type { ByteRange } from "./byte_range.ts";
import { pump } from "./pump.ts";
import { Refusal } from "./refusal.ts";
import type { Upload } from "./repositories.ts";

/** How a request's body is taken. */
export interface AddOptions {
  /** What the body is said to be; wherever the upload ends, when absent. */
  readonly range?: ByteRange | undefined;
  /** How long to wait for the client's next bytes, in milliseconds. */
  readonly stallMs: number;
  /** Throws when so many bytes are too many. */
  readonly admit?: ((bytes: number) => void) | undefined;
}

/**
 * An upload with its hash so far. Bytes are hashed as they arrive, across any number of requests;
 * only what arrived before a restart, or a digest of another algorithm, is hashed again at the end.
 */
export class UploadSession {
  /** When somebody last used it, in milliseconds since the epoch. */
  usedAt: number = Date.now();
  readonly #upload: Upload;
  readonly #algorithm: Algorithm;
  #size: number;
  #hasher: Hasher | undefined;
  #isBusy = false;
  #isOver = false;

  private constructor(upload: Upload, size: number, algorithm: Algorithm, hasher?: Hasher) {
    this.#upload = upload;
    this.#size = size;
    this.#algorithm = algorithm;
    this.#hasher = hasher;
  }

  /** Begins with an empty upload. */
  static async begin(upload: Upload, algorithm: Algorithm): Promise<UploadSession> {
    return new UploadSession(upload, 0, algorithm, await openHasher(algorithm));
  }

  /** Goes on with an upload that an earlier process left. */
  static async resume(upload: Upload): Promise<UploadSession> {
    return new UploadSession(upload, await upload.size(), "sha256");
  }

  /** Names it within its repository. */
  get id(): string {
    return this.#upload.id;
  }

  /** The bytes that have arrived. */
  get size(): number {
    return this.#size;
  }

  /** Whether a request is adding to it right now. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Whether it became a blob or was thrown away. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Adds a request's body. What arrives before a broken connection stays, so that the client can go
   * on from there; a body of another length than its range is taken back.
   *
   * @throws {Refusal} With status 416 when the range does not begin where the upload ends.
   */
  async add(body: ReadableStream<Uint8Array>, options: AddOptions): Promise<void> {
    const { range } = options;
    const start = this.#size;
    if (range !== undefined && range.start !== start) throw this.#outOfOrder();
    await this.#alone(async () => {
      const length = range === undefined ? undefined : range.end - range.start;
      await this.#append(body, length, options);
      if (length === undefined || this.#size - start === length) return;
      const got = this.#size - start;
      await this.#takeBack(start);
      throw new Refusal(400, "SIZE_INVALID", `Content-Range has ${length} bytes, the body ${got}`);
    });
  }

  /**
   * Ends the upload: what arrived becomes a blob if it hashes to the digest, else it is thrown away.
   *
   * @throws {Refusal} When it does not.
   */
  async finish(digest: Digest): Promise<void> {
    await this.#alone(async () => {
      const actual = await this.#hash(algorithmOf(digest));
      if (actual === digest) await this.#upload.publish(digest);
      else await this.#upload.discard();
      this.#isOver = true;
      if (actual === digest) return;
      throw new Refusal(400, "DIGEST_INVALID", "the content has another digest", {
        detail: { expected: digest, actual },
      });
    });
  }

  /** Throws it away. */
  async cancel(): Promise<void> {
    await this.#alone(async () => {
      await this.#upload.discard();
      this.#isOver = true;
    });
  }

  async #append(
    body: ReadableStream<Uint8Array>,
    length: number | undefined,
    { stallMs, admit }: AddOptions,
  ): Promise<void> {
    const start = this.#size;
    using writer = await this.#upload.open();
    await pump(body, (chunk) => {
      if (length !== undefined && this.#size - start > length) return;
      admit?.(chunk.length);
      writer.append(chunk);
      this.#hasher?.update(chunk);
      this.#size += chunk.length;
    }, stallMs).catch(async (error) => {
      await this.#upload.truncate(this.#size).catch(() => {}); // the first failure is what counts
      throw error;
    });
  }

  async #takeBack(size: number): Promise<void> {
    await this.#upload.truncate(size);
    this.#size = size;
    this.#hasher = undefined;
  }

  async #hash(algorithm: Algorithm): Promise<Digest> {
    const hasher = algorithm === this.#algorithm ? this.#hasher : undefined;
    this.#hasher = undefined;
    return hasher?.digest() ?? await this.#hashAgain(algorithm);
  }

  async #hashAgain(algorithm: Algorithm): Promise<Digest> {
    const hasher = await openHasher(algorithm);
    for await (const chunk of await this.#upload.read()) hasher.update(chunk);
    return hasher.digest();
  }

  async #alone(run: () => Promise<void>): Promise<void> {
    if (this.#isBusy) {
      throw new Refusal(409, "BLOB_UPLOAD_INVALID", "another request is adding to this upload");
    }
    this.#isBusy = true;
    try {
      await run();
    } finally {
      this.#isBusy = false;
      this.usedAt = Date.now();
    }
  }

  #outOfOrder(): Refusal {
    return new Refusal(416, "RANGE_INVALID", `the next chunk must begin at byte ${this.#size}`, {
      detail: { size: this.#size },
    });
  }
}
