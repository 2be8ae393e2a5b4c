import { parseRepository } from "../../lib/oci/reference.ts";
import { DOCKER_HUB } from "../../lib/oci/registry_name.ts";
import type { Transport } from "../../lib/registry/transport.ts";
import type { ServeRegistryOptions } from "../../lib/server/serve_registry.ts";
import type { Upstream } from "../../lib/server/upstream.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";
import type { Output } from "./output.ts";
import { PLAIN } from "./server.ts";
import { transportOptions } from "./transport_options.ts";

/** The flags that say which registries are cached. */
export interface UpstreamFlags {
  readonly upstream?: readonly string[];
  readonly fallback?: string;
  readonly ca?: readonly string[];
}

/** Clients wait for what another registry has, and have other places to ask. */
const PATIENCE = { retry: { attempts: 2 }, responseTimeoutMs: 20_000 };

/** The registries that a registry caches, and how they are spoken to. */
export class UpstreamClients implements Disposable {
  readonly #context: Context;
  readonly #flags: UpstreamFlags;
  readonly #output: Output;
  #transport: Transport | undefined;

  /** @param context Where credentials are. @param flags The command's flags. */
  constructor(context: Context, flags: UpstreamFlags, output: Output) {
    this.#context = context;
    this.#flags = flags;
    this.#output = output;
  }

  /**
   * What makes a registry a cache; nothing without the flags.
   *
   * @throws {UsageError} When the fallback is not an upstream.
   */
  async options(): Promise<Pick<ServeRegistryOptions, "upstreams">> {
    const { upstream: names = [], fallback } = this.#flags;
    if (fallback !== undefined && !names.includes(fallback)) {
      throw new UsageError(`Cannot fall back to "${fallback}": expected it as --upstream too`);
    }
    if (names.length === 0) return {};
    const { Transport } = await import("../../lib/registry/transport.ts");
    const { Repository } = await import("../../lib/registry/repository.ts");
    const transport = this.#transport = new Transport({
      ...await transportOptions(this.#context, this.#flags, { output: this.#output }),
      ...PATIENCE,
      insecure: (registry) => names.includes(`${PLAIN}${registry}`),
    });
    const registries = new Set(names.map((name) => name.replace(PLAIN, "")));
    const upstreams = [...registries].map((name): Upstream => ({
      registry: name === DOCKER_HUB ? "docker.io" : name,
      fallback: name === fallback?.replace(PLAIN, ""),
      open: (path) => new Repository(parseRepository(`${name}/${path}`), { transport }),
    }));
    return { upstreams };
  }

  /** Closes connections. */
  [Symbol.dispose](): void {
    this.#transport?.[Symbol.dispose]();
  }
}
