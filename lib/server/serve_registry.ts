import { NetworkError } from "../errors.ts";
import {
  createRegistry,
  type CreateRegistryOptions,
  type RegistryHandler,
} from "./create_registry.ts";
import { diskRepositories } from "./disk_repositories.ts";
import { memoryRepositories } from "./memory_repositories.ts";
import { Refusal } from "./refusal.ts";
import type { Repositories } from "./repositories.ts";

/** Options of {@linkcode serveRegistry}. */
export interface ServeRegistryOptions extends Omit<CreateRegistryOptions, "repositories"> {
  /** The address to listen on; `127.0.0.1` unless said. */
  readonly hostname?: string;
  /** The port; any free one unless said. */
  readonly port?: number;
  /** Where the content is kept; in memory, unless this or `directory` is said. */
  readonly repositories?: Repositories;
  /** Keeps the content in this directory, as an OCI layout for each repository. */
  readonly directory?: string;
  /** Serves HTTPS with a certificate and its key, both as PEM text. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How long a shutdown lets requests under way finish, in milliseconds; 10,000 unless said. */
  readonly graceMs?: number;
  /** Shuts the server down, as `shutdown()` does. */
  readonly signal?: AbortSignal;
}

/** A registry that listens. Disposing of it shuts it down. */
export interface RegistryServer extends AsyncDisposable {
  /** Where it answers: `http://127.0.0.1:5000`. */
  readonly url: string;
  /** What its images' names begin with: `127.0.0.1:5000`. */
  readonly address: string;
  /** Fulfils when the server has stopped. */
  readonly finished: Promise<void>;
  /** Takes no more requests, lets those under way finish for a while, and stops. */
  shutdown(): Promise<void>;
}

const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/**
 * Serves a registry.
 *
 * @throws {NetworkError} When the address or port cannot be had.
 * @throws {TypeError} When both `repositories` and `directory` are given.
 * @example
 * ```ts
 * import { serveRegistry } from "@davit/davit/server";
 *
 * await using server = await serveRegistry();
 * const answer = await fetch(`${server.url}/v2/_catalog`);
 * console.assert((await answer.json()).repositories.length === 0);
 * ```
 */
export async function serveRegistry(options: ServeRegistryOptions = {}): Promise<RegistryServer> {
  const { hostname = "127.0.0.1", port = 0, graceMs = 10_000, signal, tls, ...rest } = options;
  signal?.throwIfAborted();
  const registry = createRegistry({ ...rest, repositories: await repositoriesOf(options) });
  const door = new Door(registry);
  const abrupt = new AbortController();
  const server = listen(
    { hostname, port, signal: abrupt.signal, ...tls },
    (request, { completed }) => door.fetch(request, completed),
  );
  const address = addressOf(server.addr);
  const stop = () => void shutdown();
  signal?.addEventListener("abort", stop, { once: true });
  const finished = server.finished.finally(() => signal?.removeEventListener("abort", stop));
  async function shutdown(): Promise<void> {
    const timer = setTimeout(() => abrupt.abort(), graceMs);
    await Promise.race([door.close(), finished]);
    // a server that is shutting down can no longer be aborted: that would throw where nobody catches
    clearTimeout(timer);
    await server.shutdown();
    await finished;
    await registry[Symbol.asyncDispose]();
  }
  return {
    url: `${tls === undefined ? "http" : "https"}://${address}`,
    address,
    finished,
    shutdown,
    [Symbol.asyncDispose]: shutdown,
  };
}

/**
 * Counts who is inside, until the last byte of the answer is out. `Deno.serve` takes the bodies away
 * from requests under way when it shuts down, so the last one must have left before.
 */
class Door {
  readonly #registry: RegistryHandler;
  readonly #empty = Promise.withResolvers<void>();
  #inside = 0;
  #isClosed = false;

  constructor(registry: RegistryHandler) {
    this.#registry = registry;
  }

  /** @param completed Settles when the answer is out, or nobody takes it. */
  async fetch(request: Request, completed: Promise<void>): Promise<Response> {
    if (this.#isClosed) return new Refusal(503, "UNKNOWN", "shutting down").toResponse();
    this.#inside++;
    const answer = this.#registry.fetch(request);
    Promise.allSettled([answer, completed]).then(() => {
      this.#inside--;
      this.#leave();
    });
    return await answer;
  }

  /** Lets nobody in any more; fulfils when nobody is inside. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#leave();
    return this.#empty.promise;
  }

  #leave(): void {
    if (this.#isClosed && this.#inside === 0) this.#empty.resolve();
  }
}

async function repositoriesOf(
  { repositories, directory, ...options }: ServeRegistryOptions,
): Promise<Repositories> {
  if (repositories !== undefined && directory !== undefined) {
    throw new TypeError("Cannot serve a registry from repositories and a directory: give one");
  }
  if (directory === undefined) return repositories ?? memoryRepositories();
  return await diskRepositories(directory, { readOnly: keepsNothing(options) });
}

/** Whether nothing will ever be written: a cache fills itself, and garbage is removed. */
function keepsNothing({ readOnly = false, upstreams, garbage }: ServeRegistryOptions): boolean {
  return readOnly && upstreams === undefined && garbage === undefined;
}

function listen(
  options: Deno.ServeTcpOptions | (Deno.ServeTcpOptions & Deno.TlsCertifiedKeyPem),
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ ...options, onListen() {} }, handler);
  } catch (error) {
    const { hostname, port } = options;
    const reason = error instanceof Deno.errors.AddrInUse
      ? "something else listens there; choose another port"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new NetworkError(`Cannot listen on ${hostname}:${port}: ${reason}`, { cause: error });
  }
}

function addressOf({ hostname, port }: Deno.NetAddr): string {
  if (WILDCARDS.has(hostname)) return `127.0.0.1:${port}`;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
