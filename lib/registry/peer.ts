import { type Answer, discard } from "./answer.ts";
import type { Authority, Need } from "./authority.ts";
import { exchange, type ExchangeRequest, type Fetch, type Patience } from "./exchange.ts";
import { HostPace } from "./host_pace.ts";
import { isRefused } from "./network_error.ts";
import { type Clock, markTemporary, parseRetryAfter } from "./retry.ts";

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

/**
 * One server, by scheme, host and port: how many requests it is sent at once, how it lets us in, and
 * when it wants to be left alone.
 *
 * A permit is held until the head of the answer is there, never while a reader holds a body, so that
 * readers cannot starve each other.
 */
export class Peer {
  /** Scheme, host and port. */
  readonly origin: URL;
  readonly #options: PeerOptions;
  readonly #pace: HostPace;
  /** Who has answered and refuses connections is being started again. */
  #hasAnswered = false;

  constructor(options: PeerOptions) {
    this.origin = options.origin;
    this.#options = options;
    this.#pace = new HostPace(options.clock, options.maxRequests);
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
    const answer = await this.#pace.run(
      () => exchange(fetch, { ...request, headers }, patience),
      { isStreamed, signal: request.signal },
    ).catch((error) => {
      throw this.#hasAnswered && isRefused(error) ? markTemporary(error) : error;
    });
    this.#hasAnswered = true;
    if (answer.status === 429) {
      const asked = parseRetryAfter(answer.headers.get("retry-after"), clock.now());
      this.#pace.slowDown(asked ?? DEFAULT_PAUSE_MS);
    } else this.#pace.speedUp();
    warn(answer);
    return answer;
  }
}

function isReplayable({ body }: ExchangeRequest): boolean {
  return body === undefined || body instanceof Uint8Array || body.replayable;
}
