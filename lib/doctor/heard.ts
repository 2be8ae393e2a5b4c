import type { Answer } from "../registry/answer.ts";
import { parseChallenges } from "../registry/challenge.ts";

/** What passes by while a registry is asked other things. */
export class Heard {
  readonly #answers: Omit<Answer, "body">[] = [];

  /** Takes the head of an answer. */
  readonly listen = (answer: Omit<Answer, "body">): void => {
    this.#answers.push(answer);
  };

  /** How the registry asked who we are; `undefined` when it did not. */
  get challenge(): string | undefined {
    const asked = this.#answers.find(({ status, headers }) =>
      status === 401 && headers.has("www-authenticate")
    );
    const [challenge] = parseChallenges(asked?.headers.get("www-authenticate") ?? "");
    if (challenge === undefined) return undefined;
    const realm = challenge.parameters.get("realm");
    return challenge.scheme === "bearer" && realm !== undefined
      ? `tokens of ${originOf(realm)}`
      : challenge.scheme === "basic"
      ? "user name and password in every request (basic)"
      : challenge.scheme;
  }

  /** The scheme of the registry's latest own answer. */
  schemeOf(registry: string): string | undefined {
    const own = this.#answers.findLast(({ url }) => url.host === hostOf(registry, url));
    return own?.url.protocol.slice(0, -1);
  }

  /** What the registry calls itself. */
  get software(): string | undefined {
    return this.#answers.map(({ headers }) => headers.get("server")).find((name) =>
      name !== null
    ) ??
      undefined;
  }

  /** The latest headers that tell of limits, by name. */
  get limits(): ReadonlyMap<string, string> {
    const limits = new Map<string, string>();
    for (const { headers } of this.#answers) {
      for (const [name, value] of headers) {
        if (/ratelimit|rate-limit|^retry-after$/i.test(name)) limits.set(name, value);
      }
    }
    return limits;
  }
}

function hostOf(registry: string, { protocol }: URL): string {
  return URL.parse(`${protocol}//${registry}/`)?.host ?? registry;
}

function originOf(realm: string): string {
  return URL.parse(realm)?.origin ?? "an address that is none";
}
