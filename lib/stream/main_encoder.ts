import { encodeBlock, type EncodeJob } from "./encode_block.ts";
import { readParts } from "./file_part.ts";

/** A block and what it became. */
export interface EncodedBlock {
  /** The block, whole; its buffer is another object when it has travelled. */
  readonly block: Uint8Array<ArrayBuffer>;
  /** The encoded bytes; the block itself when it is not compressed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Something that encodes blocks: this thread, or workers. */
export interface Encoder extends Disposable {
  /**
   * Reads a block together and encodes it. The job's buffer belongs to the encoder until it gives
   * the block back.
   */
  encode(job: EncodeJob): Promise<EncodedBlock>;
}

/** Encodes on this thread, and lets timers and sockets have their turn between two blocks. */
export const mainEncoder: Encoder = {
  async encode(job) {
    const [zlib, { setImmediate }] = await Promise.all([
      import("node:zlib"),
      import("node:timers/promises"),
    ]);
    await setImmediate();
    const block = new Uint8Array(job.buffer, 0, job.length);
    readParts(block, job.parts);
    return { block, bytes: encodeBlock(zlib, block, job) };
  },
  [Symbol.dispose]() {},
};
