import type { Block, BlockSource } from "../stream/block_source.ts";
import type { FileFault, FilePart } from "../stream/file_part.ts";
import { encodeHeader, END_OF_ARCHIVE, paddingOf } from "../tar/writer.ts";
import { faultError } from "./file_failure.ts";
import type { TreeHeader } from "./tree_headers.ts";
import type { TreeFile } from "./walk_tree.ts";

/**
 * Lays the tar of a tree out in blocks: headers and padding are written, what files hold is left to
 * whoever encodes the block.
 *
 * @param open Finds the entries, as the blocks are asked for.
 */
export function treeBlocks(
  open: (signal: AbortSignal) => Promise<Iterable<TreeHeader>>,
): BlockSource {
  const cancelled = new AbortController();
  const spare: ArrayBuffer[] = [];
  return {
    async *blocks(size) {
      const entries = await open(cancelled.signal);
      cancelled.signal.throwIfAborted();
      yield* layOut(entries, size, () => spare.pop() ?? new ArrayBuffer(size));
    },
    recycle: (buffer) => void spare.push(buffer),
    cancel(reason) {
      cancelled.abort(reason);
      return Promise.resolve();
    },
    explain: (error) => error instanceof Error ? error : faultError(error as FileFault),
  };
}

/** A block is given only when a byte after it has come: so the last one is known to be the last. */
function* layOut(
  entries: Iterable<TreeHeader>,
  size: number,
  allocate: () => ArrayBuffer,
): Generator<Block, void> {
  let block = new Uint8Array(allocate());
  let filled = 0;
  let parts: FilePart[] = [];

  function* makeRoom(): Generator<Block, void> {
    if (filled < size) return;
    yield { buffer: block.buffer, length: size, parts, last: false };
    block = new Uint8Array(allocate());
    filled = 0;
    parts = [];
  }

  function* write(bytes: Uint8Array): Generator<Block, void> {
    for (let taken = 0; taken < bytes.length;) {
      yield* makeRoom();
      const part = bytes.subarray(taken, taken + size - filled);
      block.set(part, filled);
      filled += part.length;
      taken += part.length;
    }
  }

  function* leave(file: TreeFile): Generator<Block, void> {
    let offset = 0;
    do {
      if (offset < file.size) yield* makeRoom();
      const length = Math.min(file.size - offset, size - filled);
      parts.push(partOf(file, { offset, length, at: filled }));
      filled += length;
      offset += length;
    } while (offset < file.size);
  }

  for (const { header, file } of entries) {
    yield* write(encodeHeader(header));
    if (file === undefined) continue;
    yield* leave(file);
    yield* write(END_OF_ARCHIVE.subarray(0, paddingOf(file.size)));
  }
  yield* write(END_OF_ARCHIVE);
  yield { buffer: block.buffer, length: filled, parts, last: true };
}

function partOf(
  { source, inode, size, mtime }: TreeFile,
  place: Pick<FilePart, "offset" | "length" | "at">,
): FilePart {
  return { source, inode, size, mtime, ...place };
}
