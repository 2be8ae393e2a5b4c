import { Refusal } from "./refusal.ts";
import type { Repositories } from "./repositories.ts";
import type { Upstream } from "./upstream.ts";

const DOCKER_HUB: ReadonlySet<string> = new Set(["index.docker.io", "registry-1.docker.io"]);

/** A repository that a request means. */
export interface Meant {
  /** Its name here; what comes from elsewhere begins with the registry's name. */
  readonly repository: string;
  /** Where it comes from, if it does. */
  readonly origin?: Origin;
}

/** Where a repository comes from. */
export interface Origin {
  readonly upstream: Upstream;
  /** Its path there. */
  readonly path: string;
}

/** How a request names a repository, besides its path. */
export interface Asked {
  /** The `ns` of the query. */
  readonly namespace: string | null;
  /** Whether it only reads. */
  readonly isReading: boolean;
  /** What is kept here. */
  readonly here: Repositories;
}

/** Finds out which repository a request means, of those that are here and of those elsewhere. */
export class Upstreams {
  readonly #byName: ReadonlyMap<string, Upstream>;
  readonly #byPrefix: ReadonlyMap<string, Upstream>;
  readonly #fallback: Upstream | undefined;

  /** @throws {TypeError} When two have one name, or two are the fallback. */
  constructor(upstreams: readonly Upstream[] = []) {
    this.#byName = new Map(upstreams.map((upstream) => [canonical(upstream.registry), upstream]));
    this.#byPrefix = new Map(upstreams.map((upstream) => [prefixOf(upstream), upstream]));
    const [fallback, other] = upstreams.filter((upstream) => upstream.fallback);
    this.#fallback = fallback;
    if (this.#byPrefix.size !== upstreams.length || other !== undefined) {
      throw new TypeError("Cannot cache two registries of one name, or with two fallbacks");
    }
  }

  /** Whether what is in a repository here was fetched from another registry. */
  isFromElsewhere(repository: string): boolean {
    return this.#byPrefix.has(repository.slice(0, Math.max(0, repository.indexOf("/"))));
  }

  /**
   * What a request for a repository means. Clients name the registry in `ns`, as containerd does, or
   * at the beginning of the path, or not at all.
   *
   * @throws {Refusal} When the registry is not one that is cached here.
   */
  async find(name: string, { namespace, isReading, here }: Asked): Promise<Meant> {
    if (this.#byName.size === 0) return { repository: name };
    if (namespace !== null) {
      const upstream = this.#byName.get(canonical(namespace));
      if (upstream === undefined) throw unknownNamespace(namespace);
      return meant(upstream, name);
    }
    const slash = name.indexOf("/");
    const upstream = this.#byPrefix.get(name.slice(0, Math.max(0, slash)));
    if (upstream !== undefined) return meant(upstream, name.slice(slash + 1));
    const isHere = this.#fallback === undefined || !isReading || await here.find(name);
    return isHere || this.#fallback === undefined
      ? { repository: name }
      : meant(this.#fallback, name);
  }
}

function meant(upstream: Upstream, path: string): Meant {
  return { repository: `${prefixOf(upstream)}/${path}`, origin: { upstream, path } };
}

/** A repository's name has no colon. */
function prefixOf({ registry }: Upstream): string {
  return registry.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, "_").replaceAll(/^_|_$/g, "");
}

function canonical(registry: string): string {
  const name = registry.toLowerCase();
  return DOCKER_HUB.has(name) ? "docker.io" : name;
}

function unknownNamespace(namespace: string): Refusal {
  return new Refusal(404, "NAME_UNKNOWN", "this registry does not cache that one", {
    detail: { ns: namespace },
  });
}
