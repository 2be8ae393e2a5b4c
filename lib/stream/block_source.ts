import { Blocks } from "./blocks.ts";
import type { FilePart } from "./file_part.ts";

/** A block on its way to whoever encodes it. */
export interface Block {
  /** Begins with the block. */
  readonly buffer: ArrayBuffer;
  /** The number of the block's bytes. */
  readonly length: number;
  /** What has to be read into it before. */
  readonly parts: readonly FilePart[];
  /** Whether no other block follows. */
  readonly last: boolean;
}

/** Where blocks come from. */
export interface BlockSource {
  /**
   * Gives the blocks: all of `size` bytes but the last, which may be shorter. Several may be asked
   * for at once.
   */
  blocks(size: number): AsyncGenerator<Block, void>;
  /** Takes back the memory of a block that is no longer needed, for a later one. */
  recycle(buffer: ArrayBuffer): void;
  /** Gives up what is left. */
  cancel(reason: unknown): Promise<void>;
  /** Says what it means that a block could not be encoded. */
  explain(error: unknown): unknown;
}

/** Cuts a stream into blocks, however its bytes come. */
export function cutStream(source: ReadableStream<Uint8Array>): BlockSource {
  const reader = source.getReader();
  let blocks: Blocks;
  return {
    async *blocks(size) {
      blocks = new Blocks(size);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        for (const block of blocks.push(value)) yield toBlock(block, false);
      }
      yield toBlock(blocks.end(), true);
    },
    recycle: (buffer) => blocks.recycle(buffer),
    cancel: (reason) => reader.cancel(reason),
    explain: (error) => error,
  };
}

function toBlock({ buffer, length }: Uint8Array<ArrayBuffer>, last: boolean): Block {
  return { buffer, length, parts: [], last };
}
