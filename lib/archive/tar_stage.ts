import { isSpoiled } from "../store/resume.ts";
import { encodeHeader } from "../tar/writer.ts";
import { type TarInput, writeTar } from "../tar/write_tar.ts";
import type { Digest } from "../oci/digest.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { LimitExceededError, NotFoundError } from "../errors.ts";
import type { ArchiveEntry } from "./archive_form.ts";
import { openRange, writeRange } from "./file_range.ts";
import { endOf, type KeptRegion, readKeptRegions, writeMark } from "./kept_regions.ts";
import { fileHeader, type IncomingBlob } from "./tar_output.ts";

/** Where a blob lies in a staged tar. */
interface Region {
  /** The entry's name; `undefined` when its header finds no room before the bytes. */
  readonly name: string | undefined;
  /** Where its header begins. */
  readonly start: number;
  /** Where its bytes begin. */
  readonly body: number;
  /** How many there are. */
  readonly size: number;
}

/** A blob whose size is known. */
interface Sized {
  readonly digest: Digest;
  readonly size: number;
}

/** The most bytes that are promised room: filesystems have no more, and liars ask for it. */
const MAX_ARCHIVE_BYTES: number = 8 * 1024 ** 4;

/** The room that is left for a header that cannot be written yet. */
const PLACEHOLDER_BYTES = 512;

/** How many bytes of a blob may be lost to a process that dies. */
const MARK_EVERY_BYTES = 64 * 1024;

/**
 * A tar file in the making. Blobs whose size is known take their place in the order of the calls
 * and are written at the same time; one whose size is not known holds up those behind it. What an
 * earlier stage left of a blob stays where it is, and is gone on with. Headers come last.
 */
export class TarStage {
  readonly #path: string;
  readonly #nameOf: (digest: Digest) => string;
  readonly #regions = new Map<Digest, Region>();
  readonly #kept: Map<Digest, KeptRegion>;
  readonly #received: Map<Digest, number>;
  #end: number;
  #tail: Promise<void> = Promise.resolve();

  /**
   * @param path A file, empty or what an earlier stage left.
   * @param nameOf How the entry of a blob is named.
   */
  constructor(path: string, nameOf: (digest: Digest) => string) {
    this.#path = path;
    this.#nameOf = nameOf;
    const { byDigest, end } = readKeptRegions(path);
    this.#kept = new Map(byDigest);
    this.#received = new Map([...byDigest].map(([digest, { written }]) => [digest, written]));
    this.#end = end;
    if (Deno.statSync(path).size > end) Deno.truncateSync(path, end);
  }

  /** How many bytes it has that another stage could go on with. */
  get received(): number {
    return this.#received.values().reduce((sum, written) => sum + written, 0);
  }

  /** Puts a blob into the file. */
  add(blob: IncomingBlob, options: CallOptions = {}): Promise<void> {
    const { size, digest } = blob;
    return size === undefined || digest === undefined
      ? this.#addAtEnd(blob, options)
      : this.#addInPlace(blob, { size, digest }, options);
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
    for (const { name = "", start, size } of this.#regions.values()) {
      await this.#writeHeader(start, encodeHeader(fileHeader(name, size)));
    }
    const rest = () => Promise.resolve(this.encode(entries.slice(count)));
    await writeRange(this.#path, this.#end, rest, options);
    return true;
  }

  async #addInPlace(blob: IncomingBlob, known: Sized, options: CallOptions): Promise<void> {
    await this.#tail;
    const region = this.#takeKept(blob, known) ?? this.#allocate(known);
    try {
      await this.#fill(blob, region, options);
    } catch (error) {
      if (region.written === 0 || !isSpoiled(error)) throw error;
      await this.#fill(blob, { ...region, written: 0 }, options);
    }
    const { digest, start, body, size } = region;
    this.#regions.set(await blob.seal(size), { name: this.#nameOf(digest), start, body, size });
  }

  #takeKept({ resume }: IncomingBlob, { digest, size }: Sized): KeptRegion | undefined {
    const kept = this.#kept.get(digest);
    if (kept?.size !== size) return undefined;
    this.#kept.delete(digest);
    return resume === undefined ? { ...kept, written: 0 } : kept;
  }

  #allocate({ digest, size }: Sized): KeptRegion {
    const name = this.#nameOf(digest);
    const start = this.#end;
    const body = start + encodeHeader(fileHeader(name, size)).length;
    const region = { digest, start, body, size, written: 0 };
    if (endOf(region) > MAX_ARCHIVE_BYTES) {
      throw new LimitExceededError(`"${name}" of ${size} bytes into an archive`, MAX_ARCHIVE_BYTES);
    }
    this.#end = endOf(region);
    writeMark(this.#path, region);
    return region;
  }

  /** Writes what is missing in a region, behind what has been written. */
  async #fill(blob: IncomingBlob, region: KeptRegion, options: CallOptions): Promise<void> {
    const { digest, body, written } = region;
    const beginning = { size: written, open: () => openRange(this.#path, body, written) };
    let marked = written;
    await writeRange(
      this.#path,
      body,
      () => written > 0 && blob.resume ? blob.resume(beginning) : blob.open(),
      {
        ...options,
        written,
        onWritten: (size) => {
          if (size - marked < MARK_EVERY_BYTES && size < region.size) return;
          this.#received.set(digest, marked = size);
          writeMark(this.#path, { ...region, written: size });
        },
      },
    );
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
      this.#end = endOf({ body, size });
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
      next = endOf(region);
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
