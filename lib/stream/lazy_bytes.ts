import { type ByteReader, byteStream, openByteReader } from "./byte_stream.ts";

/**
 * Like `lazy()`, for bytes that may be read into memory of the reader; what cannot borrow it is
 * copied.
 */
export function lazyBytes(
  open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>,
): ReadableStream<Uint8Array> {
  const cancelled = new AbortController();
  let reader: ByteReader | undefined;
  return byteStream({
    async read(room) {
      if (reader === undefined) {
        const source = await open(cancelled.signal);
        reader = openByteReader(source);
        if (cancelled.signal.aborted) await reader.cancel(cancelled.signal.reason);
      }
      return await reader.read(room);
    },
    async cancel(reason) {
      cancelled.abort(reason);
      await reader?.cancel(reason);
    },
  });
}
