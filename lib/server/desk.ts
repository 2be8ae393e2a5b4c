import type { Grant } from "./access.ts";
import { DocumentCache } from "./document_cache.ts";
import { Manifests } from "./manifests.ts";
import { Meter } from "./meter.ts";
import { Refusal } from "./refusal.ts";
import type { HostedRepository, Repositories } from "./repositories.ts";
import { Sessions } from "./sessions.ts";

/** How a {@linkcode Desk} answers. */
export interface DeskOptions {
  /** Where the content is kept. */
  readonly repositories: Repositories;
  /** How long to wait for a client's next bytes, in milliseconds. */
  readonly stallMs: number;
  /** Whether manifests are taken whose parts are not all there. */
  readonly sparse: boolean;
}

/** What every request to one registry is answered with. */
export class Desk {
  readonly repositories: Repositories;
  readonly sessions: Sessions = new Sessions();
  readonly meter: Meter = new Meter();
  /** How long to wait for a client's next bytes, in milliseconds. */
  readonly stallMs: number;
  /** Whether manifests are taken whose parts are not all there. */
  readonly sparse: boolean;
  readonly #manifests = new WeakMap<HostedRepository, Manifests>();
  readonly #cache = new DocumentCache();

  constructor({ repositories, stallMs, sparse }: DeskOptions) {
    this.repositories = repositories;
    this.stallMs = stallMs;
    this.sparse = sparse;
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
}

/** A request, with what it takes to answer it. */
export interface Exchange {
  readonly request: Request;
  readonly query: URLSearchParams;
  readonly desk: Desk;
  /** What whoever sent it may do. */
  readonly grant: Grant;
}
