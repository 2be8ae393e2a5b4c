import { NotFoundError } from "../errors.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { Answer } from "./answer.ts";
import type { Backoff } from "./retry.ts";
import { type Access, repositoryScope } from "./scope.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** A request within a repository. */
export interface RepositoryRequest
  extends Omit<TransportRequest, "registry" | "repository" | "scopes" | "target"> {
  /** A path below the repository, such as `blobs/uploads/`, or a URL that the registry gave. */
  readonly target: string | URL;
  /** What it needs to be allowed. */
  readonly access: Access;
  /** Scopes besides. */
  readonly scopes?: readonly string[];
}

/** The requests of one repository. */
export class RepositoryApi {
  /** Which repository. */
  readonly name: RepositoryName;
  readonly #transport: Transport;

  constructor(name: RepositoryName, transport: Transport) {
    this.name = name;
    this.#transport = transport;
  }

  /** `registry/repository`. */
  get label(): string {
    return `${this.name.registry}/${this.name.repository}`;
  }

  /** How failed work is repeated. */
  get backoff(): Backoff {
    return this.#transport.backoff;
  }

  /** The bytes of a piece of an upload; all in one stream when absent. */
  get uploadPieceBytes(): number | undefined {
    return this.#transport.uploadPieceBytes;
  }

  /** The error for what is not in the repository. */
  missing(kind: string, name: string, cause: unknown): NotFoundError {
    return new NotFoundError(kind, name, `"${this.label}"`, { cause });
  }

  /** Makes a request; see {@linkcode Transport.request}. */
  request({ target, access, scopes = [], ...request }: RepositoryRequest): Promise<Answer> {
    const { registry, repository } = this.name;
    return this.#transport.request({
      ...request,
      registry,
      repository,
      scopes: [repositoryScope(repository, access), ...scopes],
      target: target instanceof URL ? target : `/v2/${repository}/${target}`,
    });
  }
}
