import { type Digest, isDigest } from "../oci/digest.ts";
import { DocumentCache } from "./document_cache.ts";
import { Manifests } from "./manifests.ts";
import { Refusal } from "./refusal.ts";
import type { HostedRepository, Repositories } from "./repositories.ts";
import { Sessions } from "./sessions.ts";

/** What every request to one registry is answered with. */
export class Desk {
  readonly repositories: Repositories;
  readonly sessions: Sessions = new Sessions();
  /** How long to wait for a client's next bytes, in milliseconds. */
  readonly stallMs: number;
  readonly #manifests = new WeakMap<HostedRepository, Manifests>();
  readonly #cache = new DocumentCache();

  constructor(repositories: Repositories, stallMs: number) {
    this.repositories = repositories;
    this.stallMs = stallMs;
  }

  /** A repository to read from. */
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

/** A request with its query, which is read once. */
export interface Exchange {
  readonly request: Request;
  readonly query: URLSearchParams;
  readonly desk: Desk;
}

/**
 * Reads a digest that a client sent.
 *
 * @throws {Refusal} When it is none.
 */
export function readDigest(text: string | null): Digest {
  if (text !== null && isDigest(text)) return text;
  throw new Refusal(
    400,
    "DIGEST_INVALID",
    'expected "sha256:" and 64 lower-case hex digits, or "sha512:" and 128',
    { detail: { digest: text } },
  );
}

/** The method is none that the path knows. */
export function unsupportedMethod(request: Request, allowed: string): Refusal {
  return new Refusal(405, "UNSUPPORTED", `${request.method} is not supported here`, {
    headers: { allow: allowed },
  });
}

/** An answer without a body. */
export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers });
}
