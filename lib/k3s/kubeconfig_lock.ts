import { FileError } from "../errors.ts";

/** How kubectl keeps others from a kubeconfig: it makes this file beside it, and removes it. */
const SUFFIX = ".lock";
const PATIENCE_MS = 10_000;
const PAUSE_MS = 20;

/** Options of {@linkcode withKubeconfigLock}. */
export interface LockOptions {
  /** How long to wait for others, in milliseconds; 10 seconds unless said. */
  readonly patienceMs?: number;
}

/**
 * Runs something while nobody else who keeps kubectl's rules changes a kubeconfig.
 *
 * @throws {FileError} When the lock stays taken.
 */
export async function withKubeconfigLock<T>(
  path: string,
  run: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const { patienceMs = PATIENCE_MS } = options;
  const lock = `${path}${SUFFIX}`;
  const end = performance.now() + patienceMs;
  while (!await take(lock)) {
    if (performance.now() > end) throw await describeLock(path, lock, patienceMs);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  try {
    return await run();
  } finally {
    await Deno.remove(lock);
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    const file = await Deno.open(lock, { write: true, createNew: true, mode: 0o600 });
    file.close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw new FileError(`Cannot lock "${lock}": ${(error as Error).message}`, lock, {
      cause: error,
    });
  }
}

async function describeLock(path: string, lock: string, patienceMs: number): Promise<FileError> {
  const made = (await Deno.stat(lock).catch(() => undefined))?.mtime;
  const since = made === undefined || made === null ? "" : ` since ${made.toISOString()}`;
  return new FileError(
    `Cannot change "${path}": "${lock}" says that another program does${since}; after ` +
      `${patienceMs / 1000} seconds of waiting, remove that file if no program does`,
    path,
  );
}
