import { Permits } from "../store/permits.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import type { Clock } from "./retry.ts";

/** The longest time that others wait because of one answer. */
const MAX_PAUSE_MS = 60_000;
/** The time between two requests after the first complaint, and the longest. */
const MIN_GAP_MS = 10;
const MAX_GAP_MS = 2000;
/** What is left of a gap after a request that went well. */
const DECAY = 0.9;

/**
 * How fast one server is sent requests: so many at once, until it complains. Then all of them wait
 * as long as it asks, and come with gaps between them, which grow with each complaint and fade while
 * all goes well.
 *
 * Uploads have permits of their own, as what they send may have to be read from the same server.
 */
export class HostPace {
  readonly #clock: Clock;
  readonly #plain: Permits;
  readonly #streamed: Permits;
  #pausedUntil = 0;
  #gapMs = 0;
  #nextStart = 0;

  /** @param maxRequests How many without and with a streamed body may be under way at once, each. */
  constructor(clock: Clock, maxRequests: number) {
    this.#clock = clock;
    this.#plain = new Permits(maxRequests);
    this.#streamed = new Permits(maxRequests);
  }

  /** Makes a request when its turn comes; throws the signal's reason if that comes first. */
  run<T>(
    request: () => Promise<T>,
    { isStreamed, signal }: {
      readonly isStreamed: boolean;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<T> {
    const turn = (isStreamed ? this.#streamed : this.#plain).run(async () => {
      for (let wait = this.#reserve(); wait > 0; wait = this.#pausedUntil - this.#clock.now()) {
        await this.#clock.sleep(wait, signal);
      }
      return await request();
    }, signal);
    return untilAborted(turn, signal);
  }

  /** The server has had too many requests, and wants none for that long. */
  slowDown(forMs: number): void {
    const now = this.#clock.now();
    if (this.#pausedUntil <= now) {
      this.#gapMs = Math.min(MAX_GAP_MS, Math.max(MIN_GAP_MS, 2 * this.#gapMs));
    }
    this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.min(forMs, MAX_PAUSE_MS));
  }

  /** A request went well. */
  speedUp(): void {
    this.#gapMs = this.#gapMs < 1 ? 0 : this.#gapMs * DECAY;
  }

  /** Takes the next place in time; says how far off it is. */
  #reserve(): number {
    const now = this.#clock.now();
    const start = Math.max(now, this.#pausedUntil, this.#nextStart);
    this.#nextStart = start + this.#gapMs;
    return start - now;
  }
}
