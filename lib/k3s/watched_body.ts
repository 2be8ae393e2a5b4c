import { lazy } from "../stream/lazy.ts";

/** What becomes of a {@linkcode watchedBody}. */
export interface BodyWatch {
  /** Ends it, even while nobody reads. */
  readonly signal: AbortSignal;
  /** How long it may be left unread, in milliseconds. */
  readonly patience: number;
  /** Hears that it is left unread for longer. */
  readonly onStalled: () => void;
  /** Hears of bytes that pass. */
  readonly onBytes: (count: number) => void;
  /** Hears that all have passed. */
  readonly onEnd: () => void;
  /** Hears why it cannot be read to its end, unless its reader has left it. */
  readonly onBroken: (error: unknown) => void;
}

/** Bytes for a reader on another machine, which may stop to read, or leave. */
export function watchedBody(
  open: () => Promise<ReadableStream<Uint8Array>>,
  watch: BodyWatch,
): ReadableStream<Uint8Array> {
  const { signal, patience, onStalled, onBytes, onEnd, onBroken } = watch;
  const reader = lazy(open).getReader();
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  async function leave(reason: unknown): Promise<void> {
    isOver = true;
    clearTimeout(timer);
    await reader.cancel(reason).catch(() => {});
  }
  return new ReadableStream({
    start(controller) {
      signal.addEventListener("abort", () => {
        if (!isOver) controller.error(signal.reason);
        leave(signal.reason);
      }, { once: true });
    },
    async pull(controller) {
      clearTimeout(timer);
      try {
        const { done, value } = await reader.read();
        if (isOver) return;
        if (done) {
          isOver = true;
          controller.close();
          return onEnd();
        }
        onBytes(value.length);
        timer = setTimeout(onStalled, patience);
        controller.enqueue(value);
      } catch (error) {
        if (!isOver) onBroken(error);
        throw error;
      }
    },
    cancel: leave,
  }, { highWaterMark: 0 });
}
