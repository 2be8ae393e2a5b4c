import { TarError } from "../errors.ts";
import type { TarHeader } from "./entry.ts";
import { encodeHeader, END_OF_ARCHIVE, paddingOf } from "./writer.ts";

/** An entry to be written. */
export interface TarInput {
  /** What the entry is. */
  readonly header: TarHeader;
  /** Its body of `header.size` bytes: in memory, or a stream that is opened when its turn comes. */
  readonly body?: Uint8Array | (() => ReadableStream<Uint8Array>);
}

const EMPTY = new Uint8Array();

/** What leaves the writer at once when many small entries are joined. */
const CHUNK_SIZE = 256 * 1024;

/** Pieces up to this size are copied into a chunk; passing a larger one as it is costs less. */
const MAX_JOINED = 128 * 1024;

/**
 * Writes a tar, at the pace of its reader. Entries are taken, and their bodies opened, one after the
 * other; small pieces are joined, large ones pass as they are.
 *
 * A cancel reaches the body that is open and the `return()` of `entries`.
 *
 * @throws {TarError} Through the stream: when a body is shorter or longer than `header.size`.
 * @throws {TypeError | RangeError} Through the stream: when {@linkcode encodeHeader} refuses a header.
 * @example
 * ```ts
 * import { writeTar } from "@davit/davit/tar";
 *
 * const header = { type: "symlink", name: "bin", linkName: "usr/bin", size: 0, mode: 0o777, uid: 0, gid: 0, mtime: 0 } as const;
 * const tar = await new Response(writeTar([{ header }])).bytes();
 * console.assert(tar.length === 1536);
 * ```
 */
export function writeTar(
  entries: Iterable<TarInput> | AsyncIterable<TarInput>,
): ReadableStream<Uint8Array> {
  const writer = new EntryWriter();
  const chunks = writer.write(entries);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      await writer.cancel(reason);
      await chunks.return();
    },
  }, { highWaterMark: 0 });
}

class EntryWriter {
  readonly #packer = new Packer();
  #body: ReadableStreamDefaultReader<Uint8Array> | undefined;

  async *write(
    entries: Iterable<TarInput> | AsyncIterable<TarInput>,
  ): AsyncGenerator<Uint8Array, void, void> {
    for await (const { header, body = EMPTY } of entries) {
      const padding = END_OF_ARCHIVE.subarray(0, paddingOf(header.size));
      const head = encodeHeader(header);
      if (body instanceof Uint8Array) {
        if (body.length !== header.size) throw this.#mismatch(header, `${body.length}`);
        for (const chunk of this.#packer.push(head, body, padding)) yield chunk;
      } else {
        for (const chunk of this.#packer.push(head)) yield chunk;
        for await (const piece of this.#read(header, body())) {
          for (const chunk of this.#packer.push(piece)) yield chunk;
        }
        for (const chunk of this.#packer.push(padding)) yield chunk;
      }
    }
    for (const chunk of this.#packer.push(END_OF_ARCHIVE)) yield chunk;
    yield* this.#packer.flush();
  }

  /** Lets the open body go, so that no read of it waits on. */
  async cancel(reason: unknown): Promise<void> {
    await this.#body?.cancel(reason);
  }

  async *#read(
    header: TarHeader,
    source: ReadableStream<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, void> {
    const reader = source.getReader();
    this.#body = reader;
    try {
      let size = 0;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        size += value.length;
        if (size > header.size) throw this.#mismatch(header, "more");
        yield value;
      }
      if (size < header.size) throw this.#mismatch(header, `${size}`);
    } finally {
      this.#body = undefined;
      await reader.cancel().catch(() => {});
    }
  }

  #mismatch(header: TarHeader, got: string): TarError {
    const name = JSON.stringify(header.name);
    return new TarError(
      `Cannot write entry ${name}: expected a body of ${header.size} bytes, got ${got}`,
      this.#packer.total,
    );
  }
}

/** Joins small pieces into chunks; each chunk is the reader's own. */
class Packer {
  /** Bytes pushed so far. */
  total = 0;
  #buffer = new Uint8Array(CHUNK_SIZE);
  #used = 0;

  *push(...pieces: readonly Uint8Array[]): Generator<Uint8Array, void, void> {
    for (const piece of pieces) {
      this.total += piece.length;
      if (this.#used + piece.length > CHUNK_SIZE) yield* this.flush();
      if (piece.length > MAX_JOINED) {
        yield* this.flush();
        yield piece;
      } else {
        this.#buffer.set(piece, this.#used);
        this.#used += piece.length;
      }
    }
  }

  *flush(): Generator<Uint8Array, void, void> {
    if (this.#used === 0) return;
    yield this.#buffer.subarray(0, this.#used);
    this.#buffer = new Uint8Array(CHUNK_SIZE);
    this.#used = 0;
  }
}
