import type { FileFault } from "./file_failure.ts";
import { type BlockFiller, openBlockFiller, type TarStep } from "./fill_blocks.ts";

/** Some steps to carry out. */
export interface StepBatch {
  /** The steps, in order. */
  readonly steps: readonly TarStep[];
  /** Says that there are no more. */
  readonly last: boolean;
}

/** Says that so many more blocks may be sent, and gives one back to be filled again. */
export interface Credit {
  /** How many more. */
  readonly credit: number;
  /** The memory of a block that nobody reads any more. */
  readonly buffer?: ArrayBuffer;
}

/** What a worker is told. */
export type BlockRequest = StepBatch | Credit;

/** What a worker says: first that it is there, and `hungry` when it begins with a batch. */
export type BlockReply =
  | { readonly kind: "ready" | "hungry" | "done" }
  | { readonly kind: "block"; readonly block: Uint8Array<ArrayBuffer> }
  | { readonly kind: "fault"; readonly fault: FileFault };

/**
 * Starts a worker that fills blocks of `blockSize` bytes. Its program is made from the text of two
 * functions, so that it needs no file beside this one.
 *
 * @throws When the runtime has no such workers, or forbids them.
 */
export function startBlockWorker(blockSize: number): Worker {
  const program = `(${serveBlocks})(globalThis, (${openBlockFiller})(${blockSize}));`;
  const url = `data:application/javascript,${encodeURIComponent(program)}`;
  return new Worker(url, { type: "module", name: "davit-reader" });
}

/** The side of a worker's scope that is used here. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<BlockRequest>) => void) | null;
  postMessage(reply: BlockReply, transfer?: Transferable[]): void;
}

/** The text of this function is sent to the worker: it must not refer to anything outside itself. */
async function serveBlocks(scope: WorkerScope, filler: BlockFiller): Promise<void> {
  const batches: StepBatch[] = [];
  let credit = 0;
  let wake = (): void => {};

  async function until(met: () => boolean): Promise<void> {
    while (!met()) await new Promise<void>((resolve) => wake = resolve);
  }

  async function send(block: Uint8Array<ArrayBuffer>): Promise<void> {
    await until(() => credit > 0);
    credit--;
    scope.postMessage({ kind: "block", block }, [block.buffer]);
  }

  async function carryOut(): Promise<void> {
    for (let last = false; !last;) {
      await until(() => batches.length > 0);
      const batch = batches.shift();
      scope.postMessage({ kind: "hungry" });
      for (const step of batch?.steps ?? []) {
        for (const block of filler.write(step)) await send(block);
      }
      last = batch?.last ?? false;
    }
    await send(filler.rest());
    scope.postMessage({ kind: "done" });
  }

  scope.onmessage = ({ data }) => {
    if ("credit" in data) {
      credit += data.credit;
      if (data.buffer !== undefined) filler.recycle(data.buffer);
    } else {
      batches.push(data);
    }
    wake();
  };
  scope.postMessage({ kind: "ready" });
  await carryOut().catch((fault) => scope.postMessage({ kind: "fault", fault }));
}
