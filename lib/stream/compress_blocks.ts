import type { Compression } from "../oci/media_type.ts";
import { type BlockFrame, GzipFrame, noFrame } from "./block_frame.ts";
import type { Block, BlockSource } from "./block_source.ts";
import { concat } from "./concat.ts";
import { encoderPool } from "./encoder_pool.ts";
import type { Gauge } from "./gauge.ts";
import { type EncodedBlock, type Encoder, mainEncoder } from "./main_encoder.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Part of the digest contract: another size gives other bytes. */
const BLOCK_SIZE: Readonly<Record<Compression, number>> = { none: MIB, gzip: MIB, zstd: 4 * MIB };

/** Smaller outputs are joined: a block of zeros becomes a kilobyte. */
const CHUNK_SIZE: number = 64 * KIB;

/** How blocks are compressed. */
export interface CompressBlocksOptions {
  /** The format. With `none` the blocks are only read together. */
  readonly compression: Compression;
  /** The format's own level. */
  readonly level: number;
  /** The most workers; with 0 this thread does the work, and the bytes are the same. */
  readonly workers: number;
}

/**
 * Reads and compresses block by block on several cores. At most two blocks per worker are under
 * way; the bytes depend on the source, the format and the level alone.
 *
 * @param gauge Measures what is compressed.
 */
export function compressBlocks(
  source: BlockSource,
  options: CompressBlocksOptions,
  gauge?: Gauge,
): ReadableStream<Uint8Array> {
  const compressor = new BlockCompressor(source, options, gauge);
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
  readonly #source: BlockSource;
  readonly #gauge: Gauge | undefined;
  readonly #blocks: AsyncGenerator<Block, void>;
  readonly #underWay: Promise<EncodedBlock | undefined>[] = [];
  readonly #depth: number;
  #frame: BlockFrame | undefined;
  #encoder: Encoder | undefined;
  #ended = false;

  constructor(source: BlockSource, options: CompressBlocksOptions, gauge: Gauge | undefined) {
    const { compression, workers } = options;
    this.#options = options;
    this.#source = source;
    this.#gauge = gauge;
    this.#blocks = source.blocks(BLOCK_SIZE[compression]);
    this.#depth = Math.max(1, workers * 2);
  }

  /** The next bytes, or `undefined` after the last. */
  async next(): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    const frame = this.#frame ?? await this.#open(parts);
    for (let length = 0; length < CHUNK_SIZE && !this.#ended;) {
      while (this.#underWay.length < this.#depth) this.#startBlock();
      const encoded = await this.#underWay.shift();
      const part = encoded === undefined ? this.#close(frame) : this.#take(frame, encoded);
      if (part.length > 0) parts.push(part);
      length += part.length;
    }
    const bytes = concat(parts);
    return bytes.length > 0 ? bytes : undefined;
  }

  /** Stops all work and gives the source up. */
  cancel(reason: unknown): Promise<void> {
    this.#end();
    this.#gauge?.abort(reason);
    return this.#source.cancel(reason);
  }

  async #open(parts: Uint8Array[]): Promise<BlockFrame> {
    await this.#gauge?.open();
    const frame = await openFrame(this.#options.compression);
    if (frame.header.length > 0) parts.push(frame.header);
    return this.#frame = frame;
  }

  #startBlock(): void {
    const encoded = this.#nextBlock();
    encoded.catch(() => {});
    this.#underWay.push(encoded);
  }

  /** Generators serve in order: so blocks are encoded at the same time and answered in order. */
  async #nextBlock(): Promise<EncodedBlock | undefined> {
    const { done, value: block } = await this.#blocks.next();
    if (done || this.#ended) return undefined;
    const { compression, level } = this.#options;
    this.#encoder ??= this.#chooseEncoder(block);
    try {
      return await this.#encoder.encode({ ...block, compression, level });
    } catch (error) {
      throw this.#source.explain(error);
    }
  }

  /** What fits into one block is not worth a worker. */
  #chooseEncoder(first: Block): Encoder {
    const { workers } = this.#options;
    return first.last || workers === 0 ? mainEncoder : encoderPool.lease(workers);
  }

  /** Takes note of a block in its turn; then its memory is free, unless it is what is read. */
  #take(frame: BlockFrame, { bytes, block }: EncodedBlock): Uint8Array {
    frame.note(block);
    this.#gauge?.push(block);
    if (bytes.buffer !== block.buffer) this.#source.recycle(block.buffer);
    return bytes;
  }

  #close(frame: BlockFrame): Uint8Array {
    this.#gauge?.end();
    this.#end();
    return frame.trailer();
  }

  #end(): void {
    this.#ended = true;
    this.#encoder?.[Symbol.dispose]();
  }
}

async function openFrame(compression: Compression): Promise<BlockFrame> {
  if (compression !== "gzip") return noFrame;
  const { crc32 } = await import("node:zlib");
  return new GzipFrame(crc32);
}
