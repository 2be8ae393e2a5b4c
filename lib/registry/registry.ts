import type { CallOptions } from "../layer/content_source.ts";
import { parseRegistry } from "../oci/registry_name.ts";
import { discard } from "./answer.ts";
import { readNameList } from "./pages.ts";
import { CATALOG_SCOPE } from "./scope.ts";
import type { Transport } from "./transport.ts";

/** Options of {@linkcode Registry}. */
export interface RegistryOptions {
  /** How the registry is spoken to. */
  readonly transport: Transport;
}

const PAGE_SIZE = 1000;

/**
 * A registry as a whole: whether it answers, and what repositories it has.
 *
 * @example
 * ```ts
 * import { Registry, Transport } from "@davit/davit/registry";
 *
 * await using server = Deno.serve(
 *   { port: 0, hostname: "127.0.0.1", onListen() {} },
 *   () => Response.json({ repositories: ["app"] }),
 * );
 * using transport = new Transport();
 * const registry = new Registry(`127.0.0.1:${server.addr.port}`, { transport });
 * console.assert((await Array.fromAsync(registry.catalog())).join() === "app");
 * ```
 */
export class Registry {
  /** `host[:port]`. */
  readonly name: string;
  readonly #transport: Transport;

  /** Names a registry; nothing is asked of it yet. @param name `host[:port]`. */
  constructor(name: string, { transport }: RegistryOptions) {
    this.name = parseRegistry(name);
    this.#transport = transport;
  }

  /**
   * Asks whether the registry is there and lets us in.
   *
   * @throws {UnauthorizedError} When it wants other credentials.
   */
  async ping({ signal }: CallOptions = {}): Promise<void> {
    const { name: registry } = this;
    const answer = await this.#transport.request({
      registry,
      method: "GET",
      target: "/v2/",
      signal,
    });
    await discard(answer);
  }

  /** The repositories, page by page, in the registry's order. Many registries do not tell. */
  catalog({ signal }: CallOptions = {}): AsyncGenerator<string> {
    const { name: registry } = this;
    return readNameList({
      first: `/v2/_catalog?n=${PAGE_SIZE}`,
      what: "repositories",
      backoff: this.#transport.backoff,
      signal,
      open: (target) =>
        this.#transport.request({
          registry,
          scopes: [CATALOG_SCOPE],
          method: "GET",
          target,
          retry: false,
          signal,
        }),
    });
  }
}
