/** What a {@linkcode ByteReader} read. */
export type ByteResult =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true; readonly value?: Uint8Array | undefined };

/** Reads bytes into memory that is lent to it, so that the same memory serves again and again. */
export interface ByteReader {
  /**
   * Reads the next bytes.
   *
   * @param room Where to put them, from its start. It may move into the result, then also at the
   * end; a source with memory of its own leaves it alone.
   */
  read(room: Uint8Array): Promise<ByteResult>;
  /** Gives the source back. */
  cancel(reason?: unknown): Promise<void>;
}

/** Fewer reads than less room takes, and still in a processor's cache when it is hashed. */
const ROOM_BYTES = 256 * 1024;
const MIN_ROOM_BYTES = 16 * 1024;

/** Opens a reader of a stream that can borrow memory; nothing of one that cannot. */
export function openBorrower(source: ReadableStream<Uint8Array>): ByteReader | undefined {
  try {
    return source.getReader({ mode: "byob" }) as ByteReader;
  } catch (error) {
    if (source.locked) throw error;
    return undefined;
  }
}

/** Opens a reader that lends memory where the stream can borrow it. */
export function openByteReader(source: ReadableStream<Uint8Array>): ByteReader {
  return openBorrower(source) ?? source.getReader();
}

/**
 * A stream that can borrow its reader's memory, one pull at a time: nothing is read before the first
 * pull, and nothing ahead of it after.
 *
 * @param size How many bytes there are, when that is known. Where the reader lends no memory, room is
 * made for as much as there is, or for twice what came last: over TLS that is little.
 */
export function byteStream(
  source: ByteReader,
  size: number = ROOM_BYTES,
): ReadableStream<Uint8Array> {
  const mostBytes = Math.max(1, Math.min(size, ROOM_BYTES));
  let roomBytes = mostBytes;

  async function pullOwn(controller: ReadableByteStreamController): Promise<void> {
    const room = new Uint8Array(roomBytes);
    const { done, value } = await readSome(source, room);
    if (done) return controller.close();
    const isOurs = isLent(room) || value.buffer === room.buffer;
    controller.enqueue((isOurs ? value : value.slice()) as Uint8Array<ArrayBuffer>);
    roomBytes = Math.min(mostBytes, Math.max(MIN_ROOM_BYTES, 2 * value.length));
  }

  async function pullLent(
    controller: ReadableByteStreamController,
    request: ReadableStreamBYOBRequest,
  ): Promise<void> {
    const room = request.view as Uint8Array;
    const { done, value } = await readSome(source, room);
    if (done) controller.close();
    if (isLent(room)) request.respondWithNewView(value as Uint8Array<ArrayBuffer>);
    else if (done) request.respond(0);
    else if (value.buffer === room.buffer) request.respond(value.length);
    else controller.enqueue(value.slice());
  }

  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const request = controller.byobRequest;
      return request === null ? pullOwn(controller) : pullLent(controller, request);
    },
    cancel: (reason) => source.cancel(reason),
  }, { highWaterMark: 0 }) as ReadableStream<Uint8Array>;
}

/**
 * Room for another read after one that failed: the same, or as much of it when whoever failed has
 * kept it.
 */
export function spareRoom(room: Uint8Array): () => Uint8Array {
  const { byteOffset, length } = room;
  const { byteLength } = room.buffer;
  return () =>
    isLent(room) ? new Uint8Array(new ArrayBuffer(byteLength), byteOffset, length) : room;
}

/** Reads a stream with one piece of memory, as far as the stream can borrow it. */
export class FrugalReader {
  readonly #reader: ByteReader;
  #room: Uint8Array;

  /** @param roomBytes The size of that piece; 256 KiB unless said. */
  constructor(source: ReadableStream<Uint8Array>, roomBytes: number = ROOM_BYTES) {
    this.#reader = openByteReader(source);
    this.#room = new Uint8Array(roomBytes);
  }

  /** Reads on; the bytes are the caller's until the next call. Nothing at the end. */
  async read(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#reader.read(this.#room);
    if (value !== undefined && isLent(this.#room)) {
      this.#room = new Uint8Array(value.buffer as ArrayBuffer);
    }
    return done ? undefined : value;
  }

  /** Gives the source back. */
  cancel(reason?: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }
}

/** A pull has to give something: it is not called again. */
async function readSome(source: ByteReader, room: Uint8Array): Promise<ByteResult> {
  for (;;) {
    const result = await source.read(room);
    if (result.done || result.value.length > 0) return result;
  }
}

function isLent(room: Uint8Array): boolean {
  return (room.buffer as ArrayBuffer).detached;
}
