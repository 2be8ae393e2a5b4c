import { type BlockFrame, GzipFrame, zstdFrame } from "./block_frame.ts";
import { Blocks } from "./blocks.ts";
import { concat } from "./concat.ts";
import type { BlockCompression, EncodeJob } from "./encode_block.ts";
import { encoderPool } from "./encoder_pool.ts";
import { type Encoder, mainEncoder } from "./main_encoder.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Part of the digest contract: another size gives other bytes. */
const BLOCK_SIZE: Readonly<Record<BlockCompression, number>> = { gzip: MIB, zstd: 4 * MIB };

/** Smaller outputs are joined: a block of zeros becomes a kilobyte. */
const CHUNK_SIZE: number = 64 * KIB;

/** How blocks are compressed. */
export interface CompressBlocksOptions {
  /** The format. */
  readonly compression: BlockCompression;
  /** The format's own level. */
  readonly level: number;
  /** The most workers; with 0 this thread does the work, and the bytes are the same. */
  readonly workers: number;
}

/**
 * Compresses a stream block by block on several cores. At most two blocks per worker are under
 * way; the bytes depend on the input, the format and the level alone.
 */
export function compressBlocks(
  source: ReadableStream<Uint8Array>,
  options: CompressBlocksOptions,
): ReadableStream<Uint8Array> {
  const compressor = new BlockCompressor(source, options);
  return new ReadableStream({
    async pull(controller) {
      try {
        const bytes = await compressor.next();
        if (bytes === undefined) controller.close();
        else controller.enqueue(bytes);
      } catch (error) {
        compressor.cancel(error).catch(() => {});
        throw error;
      }
    },
    cancel: (reason) => compressor.cancel(reason),
  }, { highWaterMark: 0 });
}

class BlockCompressor {
  readonly #options: CompressBlocksOptions;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #blocks: Blocks;
  readonly #jobs: AsyncGenerator<EncodeJob, void>;
  readonly #underWay: Promise<Uint8Array | undefined>[] = [];
  readonly #depth: number;
  #frame: BlockFrame | undefined;
  #encoder: Encoder | undefined;
  #ended = false;

  constructor(source: ReadableStream<Uint8Array>, options: CompressBlocksOptions) {
    const { compression, workers } = options;
    this.#options = options;
    this.#reader = source.getReader();
    this.#blocks = new Blocks(BLOCK_SIZE[compression]);
    this.#jobs = this.#cut();
    this.#depth = Math.max(1, workers * 2);
  }

  /** The next bytes, or `undefined` after the last. */
  async next(): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    if (this.#frame === undefined) {
      this.#frame = await openFrame(this.#options.compression);
      parts.push(this.#frame.header);
    }
    for (let length = 0; length < CHUNK_SIZE && !this.#ended;) {
      while (this.#underWay.length < this.#depth) this.#startBlock();
      const encoded = await this.#underWay.shift();
      if (encoded === undefined) this.#end();
      const part = encoded ?? this.#frame.trailer();
      parts.push(part);
      length += part.length;
    }
    const bytes = concat(parts);
    return bytes.length > 0 ? bytes : undefined;
  }

  /** Stops all work and gives the source up. */
  cancel(reason: unknown): Promise<void> {
    this.#end();
    return this.#reader.cancel(reason);
  }

  #startBlock(): void {
    const encoded = this.#nextBlock();
    encoded.catch(() => {});
    this.#underWay.push(encoded);
  }

  /** Generators serve in order: so blocks are encoded at the same time and answered in order. */
  async #nextBlock(): Promise<Uint8Array | undefined> {
    const { done, value: job } = await this.#jobs.next();
    if (done || this.#ended) return undefined;
    this.#encoder ??= this.#chooseEncoder(job);
    const { bytes, buffer } = await this.#encoder.encode(job);
    this.#blocks.recycle(buffer);
    return bytes;
  }

  async *#cut(): AsyncGenerator<EncodeJob, void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (this.#ended) return;
      if (done) break;
      for (const block of this.#blocks.push(value)) yield this.#job(block, false);
    }
    yield this.#job(this.#blocks.end(), true);
  }

  #job(block: Uint8Array<ArrayBuffer>, last: boolean): EncodeJob {
    this.#frame?.note(block);
    const { compression, level } = this.#options;
    return { compression, level, buffer: block.buffer, length: block.length, last };
  }

  /** What fits into one block is not worth a worker. */
  #chooseEncoder(first: EncodeJob): Encoder {
    const { workers } = this.#options;
    return first.last || workers === 0 ? mainEncoder : encoderPool.lease(workers);
  }

  #end(): void {
    this.#ended = true;
    this.#encoder?.[Symbol.dispose]();
  }
}

async function openFrame(compression: BlockCompression): Promise<BlockFrame> {
  if (compression === "zstd") return zstdFrame;
  const { crc32 } = await import("node:zlib");
  return new GzipFrame(crc32);
}
