import type { Fetch } from "./exchange.ts";
import { type InsecureFetch, openInsecureFetch } from "./insecure_fetch.ts";

/** What a {@linkcode Connections} is made with. */
export interface ConnectionOptions {
  /** What speaks HTTP; `globalThis.fetch` unless said. */
  readonly fetch?: Fetch | undefined;
  /** Certificates of authorities, in PEM. */
  readonly caCertificates?: readonly string[] | undefined;
}

/** The connections of a transport, with what has to be closed. */
export class Connections implements Disposable {
  /** Trusts the system's authorities and those that were given. */
  readonly fetch: Fetch;
  readonly #resources: DisposableStack = new DisposableStack();
  #insecure: InsecureFetch | undefined;

  constructor({ fetch, caCertificates = [] }: ConnectionOptions) {
    this.fetch = fetch ?? this.#openFetch(caCertificates);
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

  #openFetch(caCertificates: readonly string[]): Fetch {
    if (caCertificates.length === 0) return (url, init) => globalThis.fetch(url, init);
    const client = Deno.createHttpClient({ caCerts: [...caCertificates] });
    this.#resources.defer(() => client.close());
    return (url, init) => globalThis.fetch(url, { ...init, client });
  }
}
