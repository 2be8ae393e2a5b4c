import { type BlockReply, type BlockRequest, startBlockWorker } from "./block_worker.ts";
import { faultError, type FileFault } from "./file_failure.ts";
import { openBlockFiller, type TarStep } from "./fill_blocks.ts";

/** The bytes of one block: what the compressor takes at once. */
export const BLOCK_BYTES: number = 1024 * 1024;

/** Blocks that may wait for the reader. */
const BLOCKS_AHEAD = 4;

/** Steps in one message. */
const STEPS_PER_BATCH = 256;

/** Options of {@linkcode startBlockReader}. */
export interface BlockReaderOptions {
  /** Ends a wait for the worker. */
  readonly signal: AbortSignal;
  /** Fills a block's memory again when the next block is asked for. */
  readonly reuse: boolean;
  /** Called when a worker has begun to read, before its first block: a time to block this thread. */
  readonly onReading?: () => void;
}

/** Reads files into a tar, in blocks of {@linkcode BLOCK_BYTES}. */
export interface BlockReader extends Disposable {
  /**
   * Carries out the steps.
   *
   * @throws {FileError} For a file that cannot be read or is not what it was.
   */
  read(steps: Generator<TarStep, undefined>): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** Reads on this thread. The bytes are those of {@linkcode startBlockReader}. */
export function openBlockReader(): BlockReader {
  return {
    async *read(steps) {
      const filler = openBlockFiller(BLOCK_BYTES);
      try {
        for (const step of steps) yield* filler.write(step);
      } catch (error) {
        throw error instanceof Error ? error : faultError(error as FileFault);
      }
      const rest = filler.rest();
      if (rest.length > 0) yield rest;
    },
    [Symbol.dispose]() {},
  };
}

/**
 * Reads in a worker, a few blocks ahead; on this thread where no worker starts. To be disposed of,
 * read or not.
 */
export function startBlockReader(options: BlockReaderOptions): BlockReader {
  const { signal, reuse, onReading } = options;
  let worker: Worker;
  try {
    worker = startBlockWorker(BLOCK_BYTES);
  } catch {
    return openBlockReader();
  }
  const replies = listen(worker, signal);
  return {
    async *read(steps) {
      const started = await replies.next();
      signal.throwIfAborted();
      if (started?.kind !== "ready") return yield* openBlockReader().read(steps);
      request(worker, { credit: BLOCKS_AHEAD });
      let { last } = feed(worker, steps);
      onReading?.();
      for (;;) {
        const reply = await replies.next();
        signal.throwIfAborted();
        if (reply === undefined) throw new Error("Cannot read files: their worker failed");
        if (reply.kind === "done") return;
        if (reply.kind === "fault") throw faultError(reply.fault);
        if (reply.kind === "hungry" && !last) last = feed(worker, steps).last;
        if (reply.kind === "block") {
          if (reply.block.length > 0) yield reply.block;
          if (reuse) giveBack(worker, reply.block.buffer);
          else request(worker, { credit: 1 });
        }
      }
    },
    [Symbol.dispose]() {
      worker.terminate();
    },
  };
}

/** Sends the next steps. */
function feed(worker: Worker, steps: Generator<TarStep, undefined>): { last: boolean } {
  const batch: TarStep[] = [];
  while (batch.length < STEPS_PER_BATCH) {
    const { done, value } = steps.next();
    if (done) break;
    batch.push(value);
  }
  const last = batch.length < STEPS_PER_BATCH;
  request(worker, { steps: batch, last });
  return { last };
}

function request(worker: Worker, message: BlockRequest): void {
  worker.postMessage(message);
}

function giveBack(worker: Worker, buffer: ArrayBuffer): void {
  worker.postMessage({ credit: 1, buffer } satisfies BlockRequest, [buffer]);
}

/** Queues what a worker says; `undefined` stands for its failure, and for the signal. */
function listen(
  worker: Worker,
  signal: AbortSignal,
): { next(): Promise<BlockReply | undefined> } {
  const queue: (BlockReply | undefined)[] = [];
  let wake = (): void => {};
  function push(reply: BlockReply | undefined): void {
    queue.push(reply);
    wake();
  }
  worker.onmessage = ({ data }: MessageEvent<BlockReply>) => push(data);
  worker.onmessageerror = () => push(undefined);
  worker.onerror = (event) => {
    event.preventDefault();
    push(undefined);
  };
  signal.addEventListener("abort", () => push(undefined), { once: true });
  return {
    async next() {
      while (queue.length === 0) await new Promise<void>((resolve) => wake = resolve);
      return queue.shift();
    },
  };
}
