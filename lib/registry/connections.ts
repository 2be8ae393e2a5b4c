import type { HostCertificates, HostIdentity } from "./certificates.ts";
import type { Fetch } from "./exchange.ts";
import { type InsecureFetch, openInsecureFetch } from "./insecure_fetch.ts";

/** What a {@linkcode Connections} is made with. */
export interface ConnectionOptions {
  /** What speaks HTTP; `globalThis.fetch` unless said. */
  readonly fetch?: Fetch | undefined;
  /** Certificates of authorities, in PEM. */
  readonly caCertificates?: readonly string[] | undefined;
  /** Certificates besides, that count for one host. */
  readonly hostCertificates?: HostCertificates | undefined;
}

/**
 * The connections of a transport, with what has to be closed.
 *
 * All of them speak HTTP/1.1: the streams of an HTTP/2 connection share one window, and a few bodies
 * that nobody reads would hold up every other request. Proxies are those of the environment
 * (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`), as everywhere in the runtime.
 */
export class Connections implements Disposable {
  /** Trusts the system's authorities and those that were given. */
  readonly fetch: Fetch;
  readonly #resources: DisposableStack = new DisposableStack();
  #insecure: InsecureFetch | undefined;

  constructor({ fetch, caCertificates = [], hostCertificates }: ConnectionOptions) {
    const common = fetch ?? this.#lazyFetch(caCertificates);
    this.fetch = fetch !== undefined || hostCertificates === undefined
      ? common
      : this.#choosing(common, async (host) => {
        const { authorities, identity } = await hostCertificates(host);
        if (authorities.length === 0 && identity === undefined) return common;
        return this.#openFetch([...caCertificates, ...authorities], identity);
      });
  }

  /** Trusts any certificate. */
  get insecureFetch(): Fetch {
    this.#insecure ??= this.#resources.use(openInsecureFetch());
    return this.#insecure.fetch;
  }

  /** Closes what is open. */
  [Symbol.dispose](): void {
    this.#resources.dispose();
  }

  /** Opens what a host needs when it is first spoken to. */
  #choosing(plain: Fetch, open: (host: string) => Promise<Fetch>): Fetch {
    const opened = new Map<string, Promise<Fetch>>();
    return async (url, init) => {
      if (url.protocol !== "https:") return await plain(url, init);
      const opening = opened.get(url.host) ?? open(url.host);
      opened.set(url.host, opening);
      return await (await opening)(url, init);
    };
  }

  /** Without TLS there is no HTTP/2 and no certificate, and nothing to open. */
  #lazyFetch(caCertificates: readonly string[]): Fetch {
    let secure: Fetch | undefined;
    return (url, init) => {
      if (url.protocol !== "https:") return globalThis.fetch(url, init);
      secure ??= this.#openFetch(caCertificates);
      return secure(url, init);
    };
  }

  #openFetch(caCertificates: readonly string[], identity?: HostIdentity): Fetch {
    const client = Deno.createHttpClient({
      caCerts: [...caCertificates],
      http2: false,
      ...identity,
    });
    this.#resources.defer(() => client.close());
    return (url, init) => globalThis.fetch(url, { ...init, client });
  }
}
