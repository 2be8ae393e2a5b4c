import { covers } from "./scope.ts";
import { SingleFlight } from "./single_flight.ts";
import type { Token } from "./token.ts";

interface Held {
  readonly account: string;
  readonly scopes: readonly string[];
  readonly value: string;
  readonly expires: number;
}

/** Who wants a token, and for what. */
export interface TokenNeed {
  /** Tells the tokens of one account from those of another. */
  readonly account: string;
  /** What the token has to allow. */
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** The tokens of one registry: reused while they last, and asked for once by however many wait. */
export class TokenCache {
  readonly #now: () => number;
  readonly #flights: SingleFlight<string> = new SingleFlight();
  #held: Held[] = [];

  /** @param now Milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Finds a token that covers the scopes. */
  find({ account, scopes }: TokenNeed): string | undefined {
    return this.#held.find((held) =>
      held.account === account && held.expires > this.#now() && covers(held.scopes, scopes)
    )?.value;
  }

  /** Forgets a token that was refused. */
  drop(value: string): void {
    this.#held = this.#held.filter((held) => held.value !== value);
  }

  /** Gets a token; callers that ask for the same meanwhile get the same. */
  fetch(need: TokenNeed, request: (signal: AbortSignal) => Promise<Token>): Promise<string> {
    const { account, scopes } = need;
    return this.#flights.run(JSON.stringify([account, ...scopes]), async (signal) => {
      const { value, lifetimeMs } = await request(signal);
      const now = this.#now();
      this.#held = this.#held.filter((held) => held.expires > now);
      this.#held.push({ account, scopes, value, expires: now + lifetimeMs });
      return value;
    }, need.signal);
  }
}
