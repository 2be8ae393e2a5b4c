import { PolicyError } from "../errors.ts";
import { type Distance, distanceOf } from "./address.ts";
import { describeUrl } from "./redact.ts";
import { untilAborted } from "../stream/until_aborted.ts";

/** Finds the addresses of a host name. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** A URL that a server named, and how it came to be named. */
export interface NamedUrl {
  /** Where the answer would send us. */
  readonly target: URL;
  /** What it is for: `redirect`, `token realm`, `upload location`, `layer URL`. */
  readonly kind: string;
  /** The URL whose answer named it. */
  readonly from: URL;
  /** The registry that all of this is done for. */
  readonly registry: URL;
  readonly signal?: AbortSignal | undefined;
}

const NEARNESS: Readonly<Record<Distance, number>> = {
  forbidden: 3,
  loopback: 2,
  private: 1,
  public: 0,
};

/**
 * The one place that decides which URLs of other people are followed: http or https without
 * credentials in them, never from https to http, and never nearer to this machine than the registry
 * itself is. Names count by the addresses they resolve to.
 *
 * `fetch` resolves a name again, and cannot be told an address: a name whose answer changes within
 * that moment gets past this. By https it then has to show a certificate for the name, which nobody
 * behind a private address has; by plain http only a registry of plain http leads there at all.
 */
export class Policy {
  readonly #resolve: ResolveHost;
  readonly #distances: Map<string, Promise<Distance>> = new Map();

  /** @param resolve How names become addresses; the system's resolver unless said. */
  constructor(resolve: ResolveHost = resolveHost) {
    this.#resolve = resolve;
  }

  /**
   * Lets a URL pass.
   *
   * @throws {PolicyError} When it is not to be followed; the message says why.
   */
  async check(named: NamedUrl): Promise<void> {
    const { target, from, registry, signal } = named;
    if (target.protocol !== "https:" && target.protocol !== "http:") {
      throw refused(named, "an http or https URL");
    }
    if (target.username !== "" || target.password !== "") {
      throw refused(named, "a URL without user name and password");
    }
    if (target.protocol === "http:" && from.protocol === "https:") {
      throw refused(named, "https, as the answer that named it came by https");
    }
    if (target.host === registry.host) return;
    const distance = await untilAborted(this.#distance(target.hostname), signal);
    if (distance === "public") return;
    const own = await untilAborted(this.#distance(registry.hostname), signal);
    if (distance === "forbidden" || NEARNESS[distance] > NEARNESS[own]) {
      const reach = distance === "forbidden" ? "link-local or reserved" : distance;
      throw refused(named, `no ${reach} address, as "${registry.host}" is none`);
    }
  }

  #distance(hostname: string): Promise<Distance> {
    const known = this.#distances.get(hostname) ?? this.#find(hostname);
    this.#distances.set(hostname, known);
    return known;
  }

  /** The nearest of a name's addresses. A name without any is left to fail where it is used. */
  async #find(hostname: string): Promise<Distance> {
    const literal = distanceOf(hostname);
    if (literal !== undefined) return literal;
    if (hostname === "localhost" || hostname.endsWith(".localhost")) return "loopback";
    const addresses = await this.#resolve(hostname).catch(() => []);
    return addresses.map((address) => distanceOf(address) ?? "public")
      .reduce((a, b) => NEARNESS[a] > NEARNESS[b] ? a : b, "public");
  }
}

function refused({ target, kind, from }: NamedUrl, expected: string): PolicyError {
  return new PolicyError(
    `Cannot follow the ${kind} "${describeUrl(target)}" named by "${from.host}": ` +
      `expected ${expected}`,
  );
}

async function resolveHost(host: string): Promise<readonly string[]> {
  const { lookup } = await import("node:dns/promises");
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
