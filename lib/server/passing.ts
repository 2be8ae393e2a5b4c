import type { Descriptor } from "../oci/descriptor.ts";
import { verify } from "../stream/verify.ts";
import type { ByteRange } from "./byte_range.ts";

/** A blob on its way from elsewhere. */
export interface Arriving {
  /** What is on its way. */
  readonly descriptor: Descriptor;
  /** Fulfils when it is here, if it is kept; rejects when it will not be. */
  readonly finished: Promise<void>;
  /** Reads it as it arrives. The stream fails, before its end, when the blob turns out wrong. */
  read(range?: ByteRange): ReadableStream<Uint8Array>;
}

/** A blob that is passed on and not kept. */
export function passing(
  descriptor: Descriptor,
  open: () => Promise<ReadableStream<Uint8Array>>,
): Arriving {
  return {
    descriptor,
    finished: Promise.resolve(),
    read: (range = { start: 0, end: descriptor.size }) =>
      ReadableStream.from(partOf(descriptor, open, range)),
  };
}

/** One piece behind: the last one is given when the whole has been verified. */
async function* partOf(
  descriptor: Descriptor,
  open: () => Promise<ReadableStream<Uint8Array>>,
  { start, end }: ByteRange,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  let held: Uint8Array = new Uint8Array();
  for await (const chunk of verify(await open(), descriptor)) {
    const piece = chunk.subarray(Math.max(0, start - offset), Math.max(0, end - offset));
    offset += chunk.length;
    if (piece.length === 0) continue;
    if (held.length > 0) yield held;
    held = piece;
  }
  if (held.length > 0) yield held;
}
