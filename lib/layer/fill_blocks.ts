import type { FileFault } from "./file_failure.ts";

/** One step of writing a tar: bytes that are at hand, then a file's. */
export interface TarStep {
  /** Headers, and what else is written as it is. */
  readonly head: Uint8Array;
  /** The file whose bytes follow; none when absent. */
  readonly file?: StepFile;
}

/** A file as it was when it was found. */
export interface StepFile {
  /** Where it lies on this machine. */
  readonly source: string;
  /** How many bytes it had. */
  readonly size: number;
  /** When it had last changed, in milliseconds since 1970. */
  readonly mtime: number;
  /** Zeros that follow it. */
  readonly padding: number;
}

/** Writes steps into blocks of one size. */
export interface BlockFiller {
  /**
   * Writes one step and gives the blocks that it made full. What goes wrong with a file is thrown
   * as a {@linkcode FileFault}.
   */
  write(step: TarStep): Generator<Uint8Array<ArrayBuffer>>;
  /** Gives what has been written of the last block. */
  rest(): Uint8Array<ArrayBuffer>;
  /** Takes back the memory of a block, for a later one. */
  recycle(buffer: ArrayBuffer): void;
}

/**
 * Opens a filler. Files are read straight into the block, with synchronous calls.
 *
 * The function stands alone, so that its text runs in a worker: it uses nothing of this module.
 */
export function openBlockFiller(blockSize: number): BlockFiller {
  let block = new Uint8Array(blockSize);
  let filled = 0;
  const spare: ArrayBuffer[] = [];

  function* whenFull(): Generator<Uint8Array<ArrayBuffer>> {
    if (filled < blockSize) return;
    yield block;
    block = new Uint8Array(spare.pop() ?? new ArrayBuffer(blockSize));
    filled = 0;
  }

  function* copy(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + blockSize - filled);
      block.set(part, filled);
      filled += part.length;
      at += part.length;
      yield* whenFull();
    }
  }

  function* copyFile({ source, size, mtime }: StepFile): Generator<Uint8Array<ArrayBuffer>> {
    const changed = { name: "Changed", message: "" };
    const file = Deno.openSync(source);
    try {
      let left = size;
      do {
        const count = file.readSync(block.subarray(filled)) ?? 0;
        if (count > left || (count === 0 && left > 0)) throw changed;
        filled += count;
        left -= count;
        yield* whenFull();
      } while (left > 0);
      const after = file.statSync();
      if (after.size !== size || (after.mtime?.getTime() ?? 0) !== mtime) throw changed;
    } finally {
      file.close();
    }
  }

  return {
    *write({ head, file }) {
      yield* copy(head);
      if (file === undefined) return;
      try {
        yield* copyFile(file);
      } catch (cause) {
        const { name, message } = cause as FileFault;
        throw { source: file.source, name, message } satisfies FileFault;
      }
      yield* copy(new Uint8Array(file.padding));
    },
    rest: () => block.subarray(0, filled),
    recycle: (buffer) => void spare.push(buffer),
  };
}
