/** What surrounds the encoded blocks of a format. */
export interface BlockFrame {
  /** Comes before the first block. */
  readonly header: Uint8Array;
  /** Takes note of the next block. */
  note(block: Uint8Array): void;
  /** Comes after the last block. */
  trailer(): Uint8Array;
}

/** A continued CRC-32, as `node:zlib` has it. */
export type Crc32 = (bytes: Uint8Array, crc?: number) => number;

/** Deflate; no name, no time, no flags, unknown system: the same on every machine. */
const HEADER: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

/**
 * The one member that a blocked gzip is.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1952 RFC 1952}
 */
export class GzipFrame implements BlockFrame {
  readonly header: Uint8Array = HEADER;
  readonly #crc32: Crc32;
  #crc = 0;
  #size = 0;

  /** @param crc32 Costs next to nothing beside deflate, so it needs no worker. */
  constructor(crc32: Crc32) {
    this.#crc32 = crc32;
  }

  /** Adds a block to the CRC and the size. */
  note(block: Uint8Array): void {
    this.#crc = this.#crc32(block, this.#crc);
    this.#size += block.length;
  }

  /** The CRC and the size modulo 2^32, both little-endian. */
  trailer(): Uint8Array {
    const trailer = new DataView(new ArrayBuffer(8));
    trailer.setUint32(0, this.#crc, true);
    trailer.setUint32(4, this.#size % 2 ** 32, true);
    return new Uint8Array(trailer.buffer);
  }
}

/** Nothing: a zstd stream is its frames, and what is not compressed is its blocks. */
export const noFrame: BlockFrame = {
  header: new Uint8Array(),
  note() {},
  trailer: () => new Uint8Array(),
};
