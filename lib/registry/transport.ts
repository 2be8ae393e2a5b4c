import { NetworkError, PolicyError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { type Answer, discard } from "./answer.ts";
import { answerError } from "./answer_error.ts";
import { Authority, type AuthorityOptions } from "./authority.ts";
import type { HostCertificates } from "./certificates.ts";
import { Connections } from "./connections.ts";
import { candidatesOf, Endpoint } from "./endpoint.ts";
import {
  type Body,
  exchange,
  type ExchangeRequest,
  type Fetch,
  type Patience,
} from "./exchange.ts";
import { anonymousKeychain, type Keychain } from "./keychain.ts";
import { Peer } from "./peer.ts";
import { Policy, type ResolveHost } from "./policy.ts";
import { describeUrl } from "./redact.ts";
import { followRedirects } from "./redirect.ts";
import { Backoff, type Clock, type RetryOptions, systemClock } from "./retry.ts";
import { parseWarnings, type RegistryWarning } from "./warning.ts";

/** Options of {@linkcode Transport}. */
export interface TransportOptions {
  /** Where credentials come from; nowhere unless said. */
  readonly keychain?: Keychain;
  /** What speaks HTTP; `globalThis.fetch` unless said. */
  readonly fetch?: Fetch;
  /** Registries that may be spoken to without verified TLS; none unless said. */
  readonly insecure?: boolean | ((registry: string) => boolean);
  /** Certificates of authorities that are trusted besides the system's, in PEM. */
  readonly caCertificates?: readonly string[];
  /** Whom to trust besides at one host, and who we are there; nobody unless said. */
  readonly hostCertificates?: HostCertificates;
  /** How requests introduce themselves; `davit` unless said. */
  readonly userAgent?: string;
  /** How failed requests are repeated. */
  readonly retry?: RetryOptions;
  /** How many requests a server is sent at once, uploads apart; 16 unless said. */
  readonly maxRequestsPerHost?: number;
  /**
   * Uploads go in pieces of so many bytes, each with its length and acknowledged; large ones in one
   * stream unless said. For registries behind what limits a request.
   */
  readonly uploadPieceBytes?: number;
  /** How long the head of an answer may take, in milliseconds; 60,000 unless said. */
  readonly responseTimeoutMs?: number;
  /** How long a registry may take to store what was uploaded, in milliseconds; 900,000 unless said. */
  readonly commitTimeoutMs?: number;
  /** How long a body may stand still, in milliseconds; 30,000 unless said. */
  readonly stallTimeoutMs?: number;
  /** Told of each warning of a registry, once. */
  readonly onWarning?: (warning: RegistryWarning) => void;
  /** Told of the head of every answer of registries and servers that they point to. */
  readonly onAnswer?: (answer: Omit<Answer, "body">) => void;
  /** Time; the system's unless said. */
  readonly clock?: Clock;
  /** Numbers from 0 to 1 for jitter; `Math.random` unless said. */
  readonly random?: () => number;
  /** How names become addresses, for the policy on redirects; the system's resolver unless said. */
  readonly resolve?: ResolveHost;
}

/** A request to a registry. */
export interface TransportRequest {
  /** The registry, `host[:port]`. */
  readonly registry: string;
  /** The repository that credentials are chosen by; the registry itself when absent. */
  readonly repository?: string;
  /** What a token must allow, the most wanted first. */
  readonly scopes?: readonly string[];
  /** The HTTP method. */
  readonly method: string;
  /** A path from the root, or a URL that the registry gave, checked here. */
  readonly target: string | URL;
  /** Headers besides those that the transport sets. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent; streams are not sent again by the transport. */
  readonly body?: Body;
  /** The statuses that are no error; 200 unless said. */
  readonly expected?: readonly number[];
  /** Whether a failure that may pass is tried again; unless said, when the body is no stream. */
  readonly retry?: boolean;
  /** Whether the registry has to store an upload before it can answer: it may take longer then. */
  readonly commits?: boolean;
  /** Ends all of it, reading the answer's body included. */
  readonly signal?: AbortSignal | undefined;
}

/** What a token is to allow. */
export type AuthorizeRequest =
  & Required<Pick<TransportRequest, "registry" | "repository" | "scopes">>
  & CallOptions;

/** More warnings than this are a registry's mistake. */
const MAX_WARNINGS = 100;

/**
 * How every registry is spoken to, one per process: connections, credentials and tokens, redirects,
 * retries, limits and time-outs. Disposing of it ends all that is still under way, and closes the
 * connections that it made by TLS.
 *
 * @example
 * ```ts
 * import { Repository, Transport } from "@davit/davit/registry";
 *
 * using transport = new Transport({ retry: { attempts: 2 } });
 * const app = new Repository({ registry: "localhost:5000", repository: "app" }, { transport });
 * console.assert(app.label === "localhost:5000/app");
 * ```
 */
export class Transport implements Disposable {
  /** How failed work is repeated. */
  readonly backoff: Backoff;
  /** The bytes of a piece of an upload; all in one stream when absent. */
  readonly uploadPieceBytes: number | undefined;
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  readonly #patience: Patience;
  readonly #policy: Policy;
  readonly #connections: Connections;
  readonly #endpoints: Map<string, Endpoint> = new Map();
  readonly #strangers: Map<string, Peer> = new Map();
  readonly #warned: Set<string> = new Set();
  readonly #disposal: AbortController = new AbortController();

  /** Opens no connection yet. @param options Where the defaults do not fit. */
  constructor(options: TransportOptions = {}) {
    const { responseTimeoutMs = 60_000, stallTimeoutMs = 30_000, retry = {} } = options;
    this.#options = options;
    this.uploadPieceBytes = options.uploadPieceBytes;
    const { clock = systemClock } = options;
    this.#clock = {
      now: () => clock.now(),
      sleep: (ms, signal) => clock.sleep(ms, this.#untilDisposal(signal)),
    };
    this.#patience = { responseTimeoutMs, stallTimeoutMs };
    this.#policy = new Policy(options.resolve);
    this.#connections = new Connections(options);
    this.backoff = new Backoff(retry, this.#clock, options.random ?? Math.random);
  }

  /**
   * Makes a request: signed in, redirected, and repeated as far as that makes sense.
   *
   * @returns The answer, with one of the expected statuses; its body is the caller's to read or
   * cancel.
   * @throws {RegistryError} For another status.
   * @throws {UnauthorizedError} When credentials are missing or refused.
   * @throws {NetworkError} When there is no answer.
   * @throws {PolicyError} When an answer leads where it is not followed.
   */
  async request(request: TransportRequest): Promise<Answer> {
    const { body } = request;
    const signal = this.#untilDisposal(request.signal);
    const mayRetry = request.retry ?? (body === undefined || body instanceof Uint8Array);
    if (!mayRetry) return await this.#attempt({ ...request, signal });
    return await this.backoff.run(() => this.#attempt({ ...request, signal }), { signal });
  }

  /**
   * Signs in at a registry, and tells the `Authorization` header that its requests carry from then
   * on: a secret. `undefined` when the registry asks for none.
   *
   * @throws {UnauthorizedError} When credentials are missing or refused.
   */
  async authorize(request: AuthorizeRequest): Promise<string | undefined> {
    const { registry, repository, scopes, signal } = request;
    const need = { repository, scopes, signal };
    await discard(await this.request({ registry, ...need, method: "GET", target: "/v2/" }));
    return await this.#endpoint(registry).authorization(need);
  }

  /** Ends what is under way, and closes the connections that the transport owns. */
  [Symbol.dispose](): void {
    this.#disposal.abort(new NetworkError("Cannot go on: the transport was disposed of"));
    this.#connections[Symbol.dispose]();
  }

  #untilDisposal(signal: AbortSignal | undefined): AbortSignal {
    const disposal = this.#disposal.signal;
    return signal === undefined ? disposal : AbortSignal.any([signal, disposal]);
  }

  async #attempt(request: TransportRequest): Promise<Answer> {
    const { registry, repository = "", scopes = [], expected = [200], signal } = request;
    const endpoint = this.#endpoint(registry);
    const answer = await endpoint.send((home) => this.#follow(request, home), signal);
    if (expected.includes(answer.status)) return answer;
    throw await answerError(answer, {
      expected: expected.join(" or "),
      advice: async () =>
        this.#strangers.has(answer.url.origin)
          ? `"${registry}" sent us there, and its credentials are for nobody else`
          : await endpoint.advice({ repository, scopes, signal }),
      now: this.#clock.now(),
    });
  }

  async #follow(request: TransportRequest, home: Peer): Promise<Answer> {
    const { repository = "", scopes = [], method, body, signal, headers, commits } = request;
    const { userAgent = "davit", commitTimeoutMs = 900_000 } = this.#options;
    const registry = home.origin;
    const url = new URL(request.target, registry);
    await this.#policy.check({ target: url, kind: "address", from: registry, registry, signal });
    return await followRedirects({
      method,
      url,
      headers: new Headers({ "accept-encoding": "identity", "user-agent": userAgent, ...headers }),
      body,
      ...(commits ? { responseTimeoutMs: commitTimeoutMs } : {}),
      signal,
    }, {
      policy: this.#policy,
      registry,
      kind: "redirect",
      send: (hop) =>
        hop.url.origin === registry.origin
          ? home.send(hop, { repository, scopes, signal })
          : this.#stranger(hop.url).send(hop, { repository: "", scopes: [], signal }),
    });
  }

  #endpoint(registry: string): Endpoint {
    const known = this.#endpoints.get(registry);
    if (known !== undefined) return known;
    const { insecure = false, keychain = anonymousKeychain } = this.#options;
    const isInsecure = typeof insecure === "boolean" ? insecure : insecure(registry);
    const endpoint = new Endpoint(
      candidatesOf(registry, isInsecure),
      ({ origin, verified }) => {
        const fetch = verified ? this.#connections.fetch : this.#connections.insecureFetch;
        return this.#meet(origin, fetch, (repository, signal) => {
          return keychain.credentials(registry, repository, { signal });
        });
      },
    );
    this.#endpoints.set(registry, endpoint);
    return endpoint;
  }

  /** A server that a registry points to is asked anonymously, whatever the keychain has for it. */
  #stranger({ origin }: URL): Peer {
    const known = this.#strangers.get(origin);
    if (known !== undefined) return known;
    const peer = this.#meet(new URL(origin), this.#connections.fetch, () => {
      return Promise.resolve(undefined);
    });
    this.#strangers.set(origin, peer);
    return peer;
  }

  #meet(
    origin: URL,
    fetch: Fetch,
    credentials: AuthorityOptions["credentials"],
  ): Peer {
    const { maxRequestsPerHost = 16 } = this.#options;
    const authority = new Authority({
      origin,
      credentials,
      policy: this.#policy,
      now: () => this.#clock.now(),
      send: (request) => this.#askTokenService(request, { origin, fetch }),
    });
    return new Peer({
      origin,
      fetch,
      authority,
      clock: this.#clock,
      patience: this.#patience,
      maxRequests: maxRequestsPerHost,
      warn: ({ body: _, ...answer }) => {
        this.#options.onAnswer?.(answer);
        this.#warn(origin.host, answer.headers);
      },
    });
  }

  /**
   * A token service is no peer: nobody signs in there, and it may be told a secret, which goes
   * nowhere else. On the registry's own host it is trusted as the registry is.
   */
  #askTokenService(
    request: ExchangeRequest,
    registry: { readonly origin: URL; readonly fetch: Fetch },
  ): Promise<Answer> {
    const { userAgent = "davit" } = this.#options;
    return followRedirects(request, {
      policy: this.#policy,
      registry: registry.origin,
      kind: "redirect of the token service",
      send: (hop) => {
        const headers = new Headers(hop.headers);
        headers.set("user-agent", userAgent);
        if (hop.url.origin !== request.url.origin) {
          if (hop.body !== undefined) throw strayToken(hop.url);
          headers.delete("authorization");
        }
        const isHome = hop.url.hostname === registry.origin.hostname;
        const fetch = isHome ? registry.fetch : this.#connections.fetch;
        return exchange(fetch, { ...hop, headers }, this.#patience);
      },
    });
  }

  #warn(registry: string, headers: Headers): void {
    for (const text of parseWarnings(headers.get("warning"))) {
      const key = `${registry} ${text}`;
      if (this.#warned.has(key) || this.#warned.size >= MAX_WARNINGS) continue;
      this.#warned.add(key);
      this.#options.onWarning?.({ registry, text });
    }
  }
}

function strayToken(url: URL): PolicyError {
  return new PolicyError(
    `Cannot follow the redirect of the token service to "${describeUrl(url)}": expected the same ` +
      "server, as an identity token goes nowhere else",
  );
}
