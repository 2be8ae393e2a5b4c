import { through } from "./through.ts";

/** Passes bytes on but for the first ones. */
export function withoutStart(
  source: ReadableStream<Uint8Array>,
  count: number,
): ReadableStream<Uint8Array> {
  let left = count;
  return through(source, {
    push(bytes) {
      const dropped = Math.min(left, bytes.length);
      left -= dropped;
      return [bytes.subarray(dropped)];
    },
    end: () => [],
  });
}
