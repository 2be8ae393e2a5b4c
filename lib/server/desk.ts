import type { Grant } from "./access.ts";
import { CachedRepository } from "./cached_repository.ts";
import { DocumentCache } from "./document_cache.ts";
import { collectWith, type GarbageOptions, type GarbageReport } from "./garbage.ts";
import { Manifests } from "./manifests.ts";
import { Meter } from "./meter.ts";
import { Refusal } from "./refusal.ts";
import type { HostedRepository, Repositories } from "./repositories.ts";
import { Quota, type QuotaOptions } from "./quota.ts";
import { Sessions } from "./sessions.ts";
import type { Upstream } from "./upstream.ts";
import { type Meant, Upstreams } from "./upstreams.ts";

/** Clients may ask for any number of repositories that are nowhere. */
const MAX_CACHED = 1000;

/** How a {@linkcode Desk} answers. */
export interface DeskOptions {
  /** Where the content is kept. */
  readonly repositories: Repositories;
  /** How long to wait for a client's next bytes, in milliseconds. */
  readonly stallMs: number;
  /** Whether manifests are taken whose parts are not all there. */
  readonly sparse: boolean;
  /** How much is kept. */
  readonly quota?: QuotaOptions | undefined;
  /** Where what is missing is fetched from. */
  readonly upstreams?: readonly Upstream[] | undefined;
}

/** What every request to one registry is answered with. Disposing of it ends what it does besides. */
export class Desk implements Disposable {
  readonly repositories: Repositories;
  readonly sessions: Sessions = new Sessions();
  readonly meter: Meter = new Meter();
  /** How long to wait for a client's next bytes, in milliseconds. */
  readonly stallMs: number;
  /** Whether manifests are taken whose parts are not all there. */
  readonly sparse: boolean;
  readonly upstreams: Upstreams;
  readonly quota: Quota | undefined;
  readonly #manifests = new WeakMap<HostedRepository, Manifests>();
  readonly #cache = new DocumentCache();
  readonly #cached = new Map<string, CachedRepository>();
  readonly #closing = new AbortController();

  constructor({ repositories, stallMs, sparse, upstreams, quota }: DeskOptions) {
    this.repositories = repositories;
    this.stallMs = stallMs;
    this.sparse = sparse;
    this.upstreams = new Upstreams(upstreams);
    const isLimited = quota !== undefined && Object.keys(quota).length > 0;
    this.quota = isLimited ? new Quota(quota, this) : undefined;
  }

  /**
   * A repository to read from.
   *
   * @throws {Refusal} When there is none of that name.
   */
  async find(name: string): Promise<HostedRepository> {
    const repository = await this.repositories.find(name);
    if (repository !== undefined) return repository;
    throw new Refusal(404, "NAME_UNKNOWN", "no such repository", { detail: { name } });
  }

  /** The manifests of a repository. */
  manifestsOf(repository: HostedRepository): Manifests {
    const known = this.#manifests.get(repository) ?? new Manifests(repository, this.#cache);
    this.#manifests.set(repository, known);
    return known;
  }

  /** What fills a repository from elsewhere; `undefined` for one that is only here. */
  cacheOf({ repository: name, origin }: Meant): CachedRepository | undefined {
    if (origin === undefined) return undefined;
    const cached = this.#cached.get(name) ?? new CachedRepository({
      name,
      repositories: this.repositories,
      manifestsOf: (repository) => this.manifestsOf(repository),
      upstream: origin.upstream.open(origin.path),
      registry: origin.upstream.registry,
      quota: this.quota,
      signal: this.#closing.signal,
    });
    this.#cached.delete(name);
    this.#cached.set(name, cached);
    const [oldest = name] = this.#cached.keys();
    if (this.#cached.size > MAX_CACHED) this.#cached.delete(oldest);
    return cached;
  }

  /** Removes what nothing published needs, and forgets uploads that nobody goes on with. */
  async collectGarbage(options: GarbageOptions): Promise<GarbageReport> {
    await this.sessions.dropIdle();
    const report = await collectWith(this.repositories, {
      manifestsOf: (repository) => this.manifestsOf(repository),
      isCached: (name) => this.upstreams.isFromElsewhere(name),
    }, options);
    this.quota?.forget();
    return report;
  }

  /** Breaks off what is fetched from elsewhere. */
  [Symbol.dispose](): void {
    this.#closing.abort();
  }
}

/** A request, with what it takes to answer it. */
export interface Exchange {
  readonly request: Request;
  readonly query: URLSearchParams;
  readonly desk: Desk;
  /** What whoever sent it may do. */
  readonly grant: Grant;
  /** What fills the repository from elsewhere, if it is not only here. */
  readonly cache?: CachedRepository | undefined;
}
