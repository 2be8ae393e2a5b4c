import { RegistryError } from "../errors.ts";
import type { Answer } from "./answer.ts";
import { basicAuthorization } from "./basic.ts";
import { type Challenge, chooseChallenge, parseChallenges } from "./challenge.ts";
import type { Credentials } from "./keychain.ts";
import type { Policy } from "./policy.ts";
import { mergeScopes } from "./scope.ts";
import { SingleFlight } from "./single_flight.ts";
import { requestToken, type SendTokenRequest, type Token } from "./token.ts";
import { TokenCache } from "./token_cache.ts";

/** What an {@linkcode Authority} works with. */
export interface AuthorityOptions {
  /** The server that is spoken to: scheme, host and port. */
  readonly origin: URL;
  /** Finds the credentials for a repository of that server. */
  readonly credentials: (
    repository: string,
    signal: AbortSignal,
  ) => Promise<Credentials | undefined>;
  /** Decides about realms. */
  readonly policy: Policy;
  /** Sends a request to the token service. */
  readonly send: SendTokenRequest;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a request has to be allowed to do. */
export interface Need {
  /** The repository that credentials are chosen by; empty for the registry itself. */
  readonly repository: string;
  /** The scopes, the most wanted first. */
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Knows how to be let in by one server: what it challenges with, which credentials there are for
 * it, and the tokens that were given. Credentials never leave for another server, but for the token
 * service that this one names.
 */
export class Authority {
  readonly #options: AuthorityOptions;
  readonly #tokens: TokenCache;
  readonly #found: Map<string, Credentials | undefined> = new Map();
  readonly #finding: SingleFlight<Credentials | undefined> = new SingleFlight();
  readonly #renewed: Map<string, string> = new Map();
  #challenge: Challenge | undefined;

  constructor(options: AuthorityOptions) {
    this.#options = options;
    this.#tokens = new TokenCache(options.now);
  }

  /** The `Authorization` header for a request; none before the server has asked for it. */
  async authorization(need: Need): Promise<string | undefined> {
    const challenge = this.#challenge;
    if (challenge === undefined) return undefined;
    const credentials = await this.#findCredentials(need);
    if (credentials?.registryToken !== undefined) return `Bearer ${credentials.registryToken}`;
    if (challenge.scheme === "basic") return basicAuthorization(credentials);
    return `Bearer ${await this.#token(challenge, credentials, need)}`;
  }

  /**
   * Takes a 401 as the reason to try once more; says whether that makes sense.
   *
   * @param used The `Authorization` that was refused.
   */
  async renew(answer: Answer, need: Need, used: string | undefined): Promise<boolean> {
    const header = answer.headers.get("www-authenticate") ?? "";
    const challenge = chooseChallenge(parseChallenges(header));
    if (challenge === undefined) return false;
    this.#challenge = challenge;
    if (challenge.scheme === "bearer") {
      if (used !== undefined) this.#tokens.drop(used.slice("Bearer ".length));
      const credentials = await this.#findCredentials(need);
      if (credentials?.registryToken !== undefined) return used === undefined;
      const asked = challenge.parameters.get("scope")?.split(" ").filter(Boolean) ?? [];
      await this.#token(challenge, credentials, {
        ...need,
        scopes: mergeScopes([...asked, ...need.scopes]),
      });
      return true;
    }
    const authorization = await this.authorization(need);
    return authorization !== undefined && authorization !== used;
  }

  /** What to do about a refusal. */
  async advice(need: Need): Promise<string> {
    const { host } = this.#options.origin;
    const credentials = await this.#findCredentials(need);
    if (credentials === undefined) {
      return `there are no credentials for "${host}": log in first, for instance with ` +
        `"davit auth login ${host} -u USER --password-stdin"`;
    }
    const { username, source } = credentials;
    const whose = username === undefined ? "" : ` of "${username}"`;
    return `the credentials${whose}${
      source === undefined ? "" : ` from ${source}`
    } do not allow it`;
  }

  #token(
    challenge: Challenge,
    credentials: Credentials | undefined,
    need: Need,
  ): Promise<string> | string {
    const account = JSON.stringify(credentials ?? null);
    const wanted = { account, scopes: need.scopes, signal: need.signal };
    return this.#tokens.find(wanted) ?? this.#tokens.fetch(wanted, async (signal) => {
      const token = await this.#request(challenge, this.#renew(account, credentials), need, signal);
      if (token.identityToken !== undefined) this.#renewed.set(account, token.identityToken);
      return token;
    });
  }

  async #request(
    challenge: Challenge,
    credentials: Credentials | undefined,
    need: Need,
    signal: AbortSignal,
  ): Promise<Token> {
    const { origin, policy, send, now } = this.#options;
    const named = challenge.parameters.get("realm") ?? "";
    const realm = URL.parse(named);
    if (realm === null) {
      throw new RegistryError(
        `Cannot authenticate at "${origin.host}": expected a URL as token realm, got ` +
          JSON.stringify(named.slice(0, 100)),
        401,
      );
    }
    const registry = origin;
    await policy.check({ target: realm, kind: "token realm", from: origin, registry, signal });
    const context = { expected: "200", advice: () => this.advice(need), now: now() };
    const service = challenge.parameters.get("service");
    const { scopes } = need;
    return await requestToken({ realm, service, scopes, credentials, context, signal }, send);
  }

  /** An identity token is replaced by the one that came with the last answer. */
  #renew(account: string, credentials: Credentials | undefined): Credentials | undefined {
    const identityToken = this.#renewed.get(account);
    return identityToken === undefined ? credentials : { ...credentials, identityToken };
  }

  async #findCredentials({ repository, signal }: Need): Promise<Credentials | undefined> {
    if (this.#found.has(repository)) return this.#found.get(repository);
    const find = (signal: AbortSignal) => this.#options.credentials(repository, signal);
    const credentials = await this.#finding.run(repository, find, signal);
    this.#found.set(repository, credentials);
    return credentials;
  }
}
