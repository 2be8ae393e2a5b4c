import { CompressionError } from "../errors.ts";

/** The largest window that is decoded: what the `zstd` command takes unless told otherwise. */
export const MAX_ZSTD_WINDOW_BYTES: number = 128 * 1024 * 1024;

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const DICTIONARY_ID_LENGTHS = [0, 1, 2, 4] as const;
const CONTENT_SIZE_LENGTHS = [0, 2, 4, 8] as const;

/** What the format expects next. */
interface Want {
  /** The number of bytes that are meant. */
  readonly length: number;
  /** Whether they go on to the decoder as they come. */
  readonly pass?: boolean;
  /** Whether the format wants to see them, all together. */
  readonly see?: boolean;
  /** Bytes that go on to the decoder before them. */
  readonly give?: Uint8Array;
}

const WANT_MAGIC: Want = { length: 4, see: true };

/**
 * Follows the frames of a zstd stream without decoding it: gives the bytes of every data frame in
 * pieces that never reach beyond it, leaves skippable frames out, and refuses what may not be
 * decoded. Decoders differ in what they do at the end of a frame; so none is left to guess.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8878 RFC 8878}
 */
export class ZstdFrames {
  readonly #format: Generator<Want, never, Uint8Array> = frames();
  #want: Want = this.#format.next(new Uint8Array()).value;
  #left: number = this.#want.length;
  #seen: number[] = [];

  /** Takes bytes and gives the pieces for the decoder. Draw all before the next call. */
  *push(bytes: Uint8Array): Generator<Uint8Array, void> {
    let start = 0;
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + this.#left);
      at += part.length;
      this.#left -= part.length;
      if (this.#want.see) this.#seen.push(...part);
      if (!this.#want.pass) start = at;
      while (this.#left === 0) {
        const passed = this.#want.pass === true;
        this.#advance();
        if (this.#want.give !== undefined) yield this.#want.give;
        if (!passed || this.#want.pass) continue;
        yield bytes.subarray(start, at);
        start = at;
      }
    }
    if (start < bytes.length) yield bytes.subarray(start);
  }

  /**
   * The stream has ended.
   *
   * @throws {CompressionError} When a frame has not.
   */
  end(): void {
    if (this.#want === WANT_MAGIC && this.#left === WANT_MAGIC.length) return;
    throw new CompressionError("Cannot decompress zstd content: it ended early");
  }

  #advance(): void {
    this.#want = this.#format.next(Uint8Array.from(this.#seen)).value;
    this.#left = this.#want.length;
    this.#seen = [];
  }
}

function* frames(): Generator<Want, never, Uint8Array> {
  for (;;) {
    const magic = yield WANT_MAGIC;
    const number = littleEndian(magic);
    if ((number & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      yield { length: littleEndian(yield { length: 4, see: true }) };
    } else if (number === MAGIC) {
      yield* frame(magic);
    } else {
      throw new CompressionError(
        "Cannot decompress zstd content: expected a frame, got other bytes",
      );
    }
  }
}

function* frame(magic: Uint8Array): Generator<Want, void, Uint8Array> {
  const [descriptor = 0] = yield { length: 1, see: true };
  const rest = yield { length: headerLength(descriptor), see: true };
  checkHeader(descriptor, rest);
  let give: Uint8Array | undefined = Uint8Array.of(...magic, descriptor, ...rest);
  for (let last = false; !last; give = undefined) {
    const header = littleEndian(
      yield { length: 3, see: true, pass: true, ...(give === undefined ? {} : { give }) },
    );
    last = (header & 1) === 1;
    const runLength = ((header >> 1) & 3) === 1;
    yield { length: runLength ? 1 : header >> 3, pass: true };
  }
  if (descriptor & 4) yield { length: 4, pass: true };
}

function isSingleSegment(descriptor: number): boolean {
  return (descriptor & 0x20) !== 0;
}

function dictionaryIdLength(descriptor: number): number {
  return DICTIONARY_ID_LENGTHS[descriptor & 3] ?? 0;
}

function headerLength(descriptor: number): number {
  const single = isSingleSegment(descriptor);
  const contentSize = CONTENT_SIZE_LENGTHS[descriptor >> 6] ?? 0;
  return (single ? 0 : 1) + dictionaryIdLength(descriptor) + (contentSize || (single ? 1 : 0));
}

/** @param rest The header's bytes after magic number and descriptor. */
function checkHeader(descriptor: number, rest: Uint8Array): void {
  const windowLength = isSingleSegment(descriptor) ? 0 : 1;
  const afterId = windowLength + dictionaryIdLength(descriptor);
  const dictionaryId = littleEndian(rest.subarray(windowLength, afterId));
  if (dictionaryId !== 0) {
    throw new CompressionError(
      `Cannot decompress zstd content: expected no dictionary, got dictionary ${dictionaryId}`,
    );
  }
  const [windowDescriptor = 0] = rest;
  const window = windowLength === 0
    ? contentSize(rest.subarray(afterId))
    : 2 ** (10 + (windowDescriptor >> 3)) * (1 + (windowDescriptor & 7) / 8);
  if (window > MAX_ZSTD_WINDOW_BYTES) {
    throw new CompressionError(
      `Cannot decompress zstd content: expected a window of at most ${MAX_ZSTD_WINDOW_BYTES} ` +
        `bytes, got ${window}; recompress it without --long`,
    );
  }
}

function contentSize(field: Uint8Array): number {
  return littleEndian(field) + (field.length === 2 ? 256 : 0);
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((number, byte) => number * 256 + byte, 0);
}
