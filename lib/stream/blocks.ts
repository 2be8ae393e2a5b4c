import { through } from "./through.ts";

/**
 * Cuts bytes into blocks of one size, however they come; the last one may be shorter.
 *
 * Every block begins a buffer of its own, so that it can be transferred. A block is given only when
 * a byte after it has come: so the last one is known to be the last.
 *
 * @example
 * ```ts
 * import { Blocks } from "@davit/davit/stream";
 *
 * const blocks = new Blocks(2);
 * const whole = [...blocks.push(Uint8Array.of(1, 2, 3, 4))];
 * console.assert(whole.length === 1 && blocks.end()[1] === 4);
 * ```
 */
export class Blocks {
  readonly #size: number;
  readonly #spare: ArrayBuffer[] = [];
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array();
  #length = 0;

  /**
   * Starts with nothing.
   *
   * @param size Bytes of a block, at least 1.
   * @throws {RangeError} When the size is no positive integer.
   */
  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`Cannot cut blocks: expected a size of at least 1, got ${size}`);
    }
    this.#size = size;
  }

  /** Takes bytes and gives the blocks that they complete. Draw all before the next call. */
  *push(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>, void> {
    for (let taken = 0; taken < bytes.length;) {
      if (this.#length === this.#buffer.length) {
        if (this.#length > 0) yield this.#buffer;
        this.#buffer = this.#allocate();
        this.#length = 0;
      }
      const part = bytes.subarray(taken, taken + this.#buffer.length - this.#length);
      this.#buffer.set(part, this.#length);
      this.#length += part.length;
      taken += part.length;
    }
  }

  /** Gives the last block: 1 to `size` bytes, or none when none ever came. */
  end(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Takes back the buffer of a block that is no longer needed, for a later one. */
  recycle(buffer: ArrayBuffer): void {
    this.#spare.push(buffer);
  }

  #allocate(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(this.#size));
  }
}

/**
 * Cuts a stream into blocks of one size; the last one may be shorter, and an empty stream has none.
 *
 * @param size Bytes of a block.
 * @throws {RangeError} When the size is no positive integer.
 * @example
 * ```ts
 * import { toBlocks } from "@davit/davit/stream";
 *
 * const source = ReadableStream.from([new Uint8Array(3), new Uint8Array(4)]);
 * const sizes = await Array.fromAsync(toBlocks(source, 5), (block) => block.length);
 * console.assert(sizes.join() === "5,2");
 * ```
 */
export function toBlocks(
  source: ReadableStream<Uint8Array>,
  size: number,
): ReadableStream<Uint8Array> {
  const blocks = new Blocks(size);
  return through(source, {
    push: (bytes) => blocks.push(bytes),
    end: () => [blocks.end()],
  });
}
