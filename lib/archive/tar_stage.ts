import { encodeHeader, paddingOf } from "../tar/writer.ts";
import { type TarInput, writeTar } from "../tar/write_tar.ts";
import type { Digest } from "../oci/digest.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { LimitExceededError, NotFoundError } from "../errors.ts";
import type { ArchiveEntry } from "./archive_form.ts";
import { openRange, writeRange } from "./file_range.ts";
import { fileHeader, type IncomingBlob } from "./tar_output.ts";

/** Where a blob lies in a staged tar. */
interface Region {
  /** The entry's name; `undefined` when its header found no room before the bytes. */
  readonly name: string | undefined;
  /** Where its header begins. */
  readonly start: number;
  /** Where its bytes begin. */
  readonly body: number;
  /** How many there are. */
  readonly size: number;
}

/** The most bytes that are promised room: filesystems have no more, and liars ask for it. */
const MAX_ARCHIVE_BYTES: number = 8 * 1024 ** 4;

/** The room that is left for a header that cannot be written yet. */
const PLACEHOLDER_BYTES = 512;

/**
 * A tar file in the making. Blobs whose size is known take their place in the order of the calls
 * and are written at the same time; one whose size is not known holds up those behind it.
 */
export class TarStage {
  readonly #path: string;
  readonly #nameOf: (digest: Digest) => string;
  readonly #regions = new Map<Digest, Region>();
  #end = 0;
  #tail: Promise<void> = Promise.resolve();

  /** @param path An empty file. @param nameOf How the entry of a blob is named. */
  constructor(path: string, nameOf: (digest: Digest) => string) {
    this.#path = path;
    this.#nameOf = nameOf;
  }

  /** Puts a blob into the file. */
  add(blob: IncomingBlob, options: CallOptions = {}): Promise<void> {
    const { size, digest } = blob;
    return size === undefined || digest === undefined
      ? this.#addAtEnd(blob, options)
      : this.#addInPlace(blob, { size, name: this.#nameOf(digest) }, options);
  }

  /** The tar of the entries, whatever order the file has. */
  encode(entries: readonly ArchiveEntry[]): ReadableStream<Uint8Array> {
    return writeTar(entries.map((entry) => this.#inputOf(entry)));
  }

  /**
   * Ends the file in place, when all that it holds is what the entries begin with.
   *
   * @returns Whether the file is the tar of these entries now; else nothing has changed.
   */
  async end(entries: readonly ArchiveEntry[], options: CallOptions = {}): Promise<boolean> {
    const count = this.#regions.size;
    if (!this.#isAll(entries.slice(0, count))) return false;
    await Deno.truncate(this.#path, this.#end);
    const rest = () => Promise.resolve(this.encode(entries.slice(count)));
    await writeRange(this.#path, this.#end, rest, options);
    return true;
  }

  async #addInPlace(
    blob: IncomingBlob,
    { size, name }: { readonly size: number; readonly name: string },
    options: CallOptions,
  ): Promise<void> {
    await this.#tail;
    const header = encodeHeader(fileHeader(name, size));
    const start = this.#end;
    const body = start + header.length;
    const end = body + size + paddingOf(size);
    if (end > MAX_ARCHIVE_BYTES) {
      throw new LimitExceededError(`"${name}" of ${size} bytes into an archive`, MAX_ARCHIVE_BYTES);
    }
    this.#end = end;
    await writeRange(this.#path, body, () => blob.open(), options);
    await this.#writeHeader(start, header);
    this.#regions.set(await blob.seal(size), { name, start, body, size });
  }

  async #addAtEnd(blob: IncomingBlob, options: CallOptions): Promise<void> {
    const before = this.#tail;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tail = promise;
    await before;
    const start = this.#end;
    try {
      const body = start + PLACEHOLDER_BYTES;
      const size = await writeRange(this.#path, body, () => blob.open(), options);
      const digest = await blob.seal(size);
      if (this.#regions.has(digest)) return;
      const name = this.#nameOf(digest);
      const header = encodeHeader(fileHeader(name, size));
      const fits = header.length === PLACEHOLDER_BYTES;
      if (fits) await this.#writeHeader(start, header);
      this.#end = body + size + paddingOf(size);
      this.#regions.set(digest, { name: fits ? name : undefined, start, body, size });
    } finally {
      // what failed, or was there already, must not show through between those that follow
      if (this.#end === start) await Deno.truncate(this.#path, start);
      resolve();
    }
  }

  async #writeHeader(start: number, header: Uint8Array): Promise<void> {
    await writeRange(this.#path, start, () => Promise.resolve(ReadableStream.from([header])));
  }

  /** Says whether these entries are the file as it stands, without a gap. */
  #isAll(entries: readonly ArchiveEntry[]): boolean {
    let next = 0;
    for (const { name, body } of entries) {
      const region = body instanceof Uint8Array ? undefined : this.#regions.get(body);
      if (region?.name !== name || region.start !== next) return false;
      next = region.body + region.size + paddingOf(region.size);
    }
    return next === this.#end;
  }

  #inputOf({ name, body }: ArchiveEntry): TarInput {
    if (body instanceof Uint8Array) return { header: fileHeader(name, body.length), body };
    const region = this.#regions.get(body);
    if (region === undefined) throw new NotFoundError("blob", body, "what was written");
    return {
      header: fileHeader(name, region.size),
      body: () => openRange(this.#path, region.body, region.size),
    };
  }
}
