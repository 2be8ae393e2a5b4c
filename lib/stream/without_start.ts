import { type ByteReader, byteStream, openBorrower } from "./byte_stream.ts";
import { through } from "./through.ts";

/** Passes bytes on but for the first ones. */
export function withoutStart(
  source: ReadableStream<Uint8Array>,
  count: number,
): ReadableStream<Uint8Array> {
  let left = count;
  const borrower = openBorrower(source);
  if (borrower !== undefined) return withoutLentStart(borrower, count);
  return through(source, {
    push(bytes) {
      const dropped = Math.min(left, bytes.length);
      left -= dropped;
      return [bytes.subarray(dropped)];
    },
    end: () => [],
  });
}

/** What is read into a reader's memory begins where that begins. */
function withoutLentStart(reader: ByteReader, count: number): ReadableStream<Uint8Array> {
  let left = count;
  return byteStream({
    async read(room) {
      let result = await reader.read(room);
      while (!result.done && result.value.length <= left) {
        left -= result.value.length;
        result = await reader.read(new Uint8Array(result.value.buffer as ArrayBuffer));
      }
      if (result.done || left === 0) return result;
      const value = result.value.copyWithin(0, left).subarray(0, -left);
      left = 0;
      return { done: false, value };
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
