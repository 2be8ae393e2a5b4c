import { FileError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";

const LONGEST_PAUSE_MS = 50;
const PATIENCE_MS = 30_000;

/**
 * Runs something while no other process (and nobody else in this one) holds the file's lock. The
 * operating system takes the lock back from a process that dies.
 *
 * @throws {FileError} When the lock stays taken for 30 seconds.
 */
export async function withLock<T>(
  path: string,
  run: (file: Deno.FsFile) => Promise<T>,
  options: CallOptions = {},
): Promise<T> {
  using file = await Deno.open(path, { read: true, write: true });
  const end = performance.now() + PATIENCE_MS;
  for (let pause = 1; !await file.tryLock(true); pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    if (performance.now() > end) {
      throw new FileError(
        `Cannot lock "${path}": another process has held it for ${PATIENCE_MS / 1000} seconds`,
        path,
      );
    }
    await wait(pause, options.signal);
  }
  return await run(file);
}

function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const abort = () => {
    clearTimeout(timer);
    reject(signal?.reason);
  };
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  return promise.finally(() => signal?.removeEventListener("abort", abort));
}
