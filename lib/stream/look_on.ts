import { type ByteReader, byteStream, openBorrower } from "./byte_stream.ts";
import { through } from "./through.ts";

/** Sees bytes that pass, and may object. */
export interface Onlooker {
  /** Awaited once, before the first byte is read. */
  open?(): Promise<void>;
  /** Sees the next bytes, which are not its own to keep. */
  see(bytes: Uint8Array): void;
  /** The source has ended. */
  end?(): void;
  /** The source failed, the onlooker objected, or the reader cancelled: nothing follows. */
  abort?(reason: unknown): void;
}

/**
 * Passes bytes on as they are, seen by somebody on their way, one pull at a time. What can borrow its
 * reader's memory still can. An error of the source passes as it is; one of the onlooker cancels the
 * source; a cancel reaches the source even while a read is pending.
 */
export function lookOn(
  source: ReadableStream<Uint8Array>,
  onlooker: Onlooker,
): ReadableStream<Uint8Array> {
  const reader = openBorrower(source);
  if (reader !== undefined) return lookOnLent(reader, onlooker);
  return through(source, {
    open: async () => await onlooker.open?.(),
    push(bytes) {
      onlooker.see(bytes);
      return [bytes];
    },
    end() {
      onlooker.end?.();
      return [];
    },
    abort: (reason) => onlooker.abort?.(reason),
  });
}

function lookOnLent(reader: ByteReader, onlooker: Onlooker): ReadableStream<Uint8Array> {
  let isOpen = false;
  return byteStream({
    async read(room) {
      try {
        if (!isOpen) await onlooker.open?.();
        isOpen = true;
        const result = await reader.read(room);
        if (result.done) onlooker.end?.();
        else onlooker.see(result.value);
        return result;
      } catch (error) {
        onlooker.abort?.(error);
        reader.cancel(error).catch(() => {});
        throw error;
      }
    },
    cancel(reason) {
      onlooker.abort?.(reason);
      return reader.cancel(reason);
    },
  });
}
