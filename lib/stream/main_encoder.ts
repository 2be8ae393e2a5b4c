import { encodeBlock, type EncodeJob } from "./encode_block.ts";

/** A block and the buffer it came in, free again. */
export interface EncodedBlock {
  /** The encoded bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The job's buffer; another object when it has travelled. */
  readonly buffer: ArrayBuffer;
}

/** Something that encodes blocks: this thread, or workers. */
export interface Encoder extends Disposable {
  /** Encodes a block. The job's buffer belongs to the encoder until it gives it back. */
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
    return { bytes: encodeBlock(zlib, job), buffer: job.buffer };
  },
  [Symbol.dispose]() {},
};
