/** How often and how patiently failed requests are repeated. */
export interface RetryOptions {
  /** How many times a request is made in all; 4 unless said. */
  readonly attempts?: number;
  /** The first wait, in milliseconds; it doubles each time. 500 unless said. */
  readonly baseMs?: number;
  /** The longest wait that is not asked for by the server, in milliseconds; 10,000 unless said. */
  readonly maxMs?: number;
  /** The longest `Retry-After` that is obeyed, in milliseconds; beyond it the request fails. 60,000 unless said. */
  readonly maxRetryAfterMs?: number;
}

/** Time, for retries; replaced in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits; throws the signal's reason when that comes first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock on the wall. */
export const systemClock: Clock = { now: () => Date.now(), sleep };

/** What an error says about trying again. */
export interface RetryHint {
  /** The wait that the server asked for, in milliseconds. */
  readonly afterMs?: number;
  /** The most attempts that make sense, whatever is allowed. */
  readonly attempts?: number;
}

const hints = new WeakMap<Error, RetryHint>();

/** Notes that what failed with this error may work if it is tried again. */
export function markTemporary<E extends Error>(error: E, hint: RetryHint = {}): E {
  hints.set(error, hint);
  return error;
}

/** Notes that whoever tries again would do in vain what was tried often enough. */
export function markFinal<E>(error: E): E {
  if (error instanceof Error) hints.delete(error);
  return error;
}

/** Says whether, and how, trying again makes sense. */
export function retryHint(error: unknown): RetryHint | undefined {
  return error instanceof Error ? hints.get(error) : undefined;
}

/** Decides about waits: exponential with jitter, or what the server asked for. */
export class Backoff {
  readonly #options: Required<RetryOptions>;
  readonly #clock: Clock;
  readonly #random: () => number;

  /** Waits by a clock. @param random Numbers from 0 to 1, for jitter. */
  constructor(options: RetryOptions, clock: Clock, random: () => number) {
    const { attempts = 4, baseMs = 500, maxMs = 10_000, maxRetryAfterMs = 60_000 } = options;
    this.#options = { attempts, baseMs, maxMs, maxRetryAfterMs };
    this.#clock = clock;
    this.#random = random;
  }

  /** Does something until it succeeds, fails for good, or has been tried often enough. */
  async run<T>(
    attempt: (number: number) => Promise<T>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    for (let number = 1;; number++) {
      try {
        return await attempt(number);
      } catch (error) {
        if (!await this.wait(error, number, options.signal)) throw error;
      }
    }
  }

  /** Waits before the next attempt; says `false` when there shall be none. */
  async wait(error: unknown, failures: number, signal?: AbortSignal): Promise<boolean> {
    const { attempts, baseMs, maxMs, maxRetryAfterMs } = this.#options;
    const hint = retryHint(error);
    if (hint === undefined || failures >= Math.min(attempts, hint.attempts ?? attempts)) {
      return false;
    }
    if (hint.afterMs !== undefined && hint.afterMs > maxRetryAfterMs) return false;
    const exponential = Math.min(maxMs, baseMs * 2 ** (failures - 1));
    const jittered = exponential * (0.5 + this.#random() / 2);
    await this.#clock.sleep(Math.max(hint.afterMs ?? 0, jittered), signal);
    return true;
  }
}

/**
 * Reads a `Retry-After` header, seconds or a date, as milliseconds from now; `undefined` when there
 * is none that makes sense.
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = /[A-Za-z]/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    function abort(): void {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}
