import { Permits } from "../store/permits.ts";
import { type Answer, discard } from "./answer.ts";
import type { Authority, Need } from "./authority.ts";
import { exchange, type ExchangeRequest, type Fetch, type Patience } from "./exchange.ts";
import { isRefused } from "./network_error.ts";
import { type Clock, markTemporary, parseRetryAfter } from "./retry.ts";
import { untilAborted } from "../stream/until_aborted.ts";

/** What a {@linkcode Peer} works with. */
export interface PeerOptions {
  /** Scheme, host and port. */
  readonly origin: URL;
  readonly fetch: Fetch;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly patience: Patience;
  /** How many requests without and with a streamed body may be under way at once, each. */
  readonly maxRequests: number;
  /** Takes the warnings of answers. */
  readonly warn: (answer: Answer) => void;
}

/** How long the others wait when a server says "too many requests" but not how long to wait. */
const DEFAULT_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;

/**
 * One server, by scheme, host and port: how many requests it is sent at once, how it lets us in, and
 * when it wants to be left alone.
 *
 * A permit is held until the head of the answer is there, never while a reader holds a body, so that
 * readers cannot starve each other. Uploads have permits of their own, as what they send may have to
 * be read from the same server.
 */
export class Peer {
  /** Scheme, host and port. */
  readonly origin: URL;
  readonly #options: PeerOptions;
  readonly #plain: Permits;
  readonly #streamed: Permits;
  #pausedUntil = 0;
  /** Who has answered and refuses connections is being started again. */
  #hasAnswered = false;

  constructor(options: PeerOptions) {
    this.origin = options.origin;
    this.#options = options;
    this.#plain = new Permits(options.maxRequests);
    this.#streamed = new Permits(options.maxRequests);
  }

  /** Sends a request, and once more when the server wants to know who is asking. */
  async send(request: ExchangeRequest, need: Need): Promise<Answer> {
    const { authority } = this.#options;
    const used = await authority.authorization(need);
    const answer = await this.#exchange(request, used);
    if (answer.status !== 401 || !isReplayable(request)) return answer;
    try {
      if (!await authority.renew(answer, need, used)) return answer;
    } catch (error) {
      await discard(answer);
      throw error;
    }
    await discard(answer);
    return await this.#exchange(request, await authority.authorization(need));
  }

  /** What to do about a refusal. */
  advice(need: Need): Promise<string> {
    return this.#options.authority.advice(need);
  }

  /** The `Authorization` that the server has asked for; none when it has asked for none. */
  authorization(need: Need): Promise<string | undefined> {
    return this.#options.authority.authorization(need);
  }

  async #exchange(request: ExchangeRequest, authorization: string | undefined): Promise<Answer> {
    const headers = new Headers(request.headers);
    if (authorization !== undefined) headers.set("authorization", authorization);
    const { clock, fetch, patience, warn } = this.#options;
    const isStreamed = request.body !== undefined && !(request.body instanceof Uint8Array);
    const permits = isStreamed ? this.#streamed : this.#plain;
    const turn = permits.run(async () => {
      const pause = this.#pausedUntil - clock.now();
      if (pause > 0) await clock.sleep(pause, request.signal);
      return await exchange(fetch, { ...request, headers }, patience);
    }, request.signal);
    const answer = await untilAborted(turn, request.signal).catch((error) => {
      throw this.#hasAnswered && isRefused(error) ? markTemporary(error) : error;
    });
    this.#hasAnswered = true;
    if (answer.status === 429) this.#pause(answer);
    warn(answer);
    return answer;
  }

  #pause({ headers }: Answer): void {
    const now = this.#options.clock.now();
    const asked = parseRetryAfter(headers.get("retry-after"), now) ?? DEFAULT_PAUSE_MS;
    this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.min(asked, MAX_PAUSE_MS));
  }
}

function isReplayable({ body }: ExchangeRequest): boolean {
  return body === undefined || body instanceof Uint8Array || body.replayable;
}
