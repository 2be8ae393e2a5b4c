/**
 * Every error a caller may want to act on: one base class, one stable `code` each, fields instead
 * of text to be parsed.
 *
 * @example
 * ```ts
 * import { NotFoundError } from "@davit/davit/errors";
 *
 * const error = new NotFoundError("tag", "v1", "registry.example/app");
 * console.assert(error.code === "ERR_NOT_FOUND");
 * ```
 *
 * @module
 */

/** The stable codes of {@linkcode DavitError}. */
export type ErrorCode =
  | "ERR_ALREADY_EXISTS"
  | "ERR_CLUSTER"
  | "ERR_COMPRESSION"
  | "ERR_CONSUMED"
  | "ERR_CREDENTIALS"
  | "ERR_DIGEST_MISMATCH"
  | "ERR_DOCKER"
  | "ERR_DOCUMENT"
  | "ERR_FILE"
  | "ERR_KUBERNETES"
  | "ERR_LIMIT_EXCEEDED"
  | "ERR_MISSING_CONTENT"
  | "ERR_NETWORK"
  | "ERR_NOT_COMPUTED"
  | "ERR_NOT_FOUND"
  | "ERR_OVERWRITTEN_ENTRY"
  | "ERR_PLATFORM"
  | "ERR_POLICY"
  | "ERR_REGISTRY"
  | "ERR_ROLLOUT"
  | "ERR_SIZE_MISMATCH"
  | "ERR_SPEC"
  | "ERR_TAR"
  | "ERR_UNAUTHORIZED"
  | "ERR_UNSUPPORTED";

/** The base of every error of davit that a caller can act on. */
export abstract class DavitError extends Error {
  /** Says which condition this is, in a form that does not change between versions. */
  abstract readonly code: ErrorCode;

  /** Makes the error. @param message What could not be done, expected and found. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Something with that name is there already and may not be replaced. */
export class AlreadyExistsError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_ALREADY_EXISTS";
  /** What stands in the way. */
  readonly subject: string;

  /** Makes the error. @param subject What stands in the way. */
  constructor(subject: string, options?: ErrorOptions) {
    super(`Cannot create "${subject}": it already exists`, options);
    this.subject = subject;
  }
}

/** A cluster or a node of it that does not do what it should. */
export class ClusterError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_CLUSTER";
  /** The node that failed, when it is one. */
  readonly node: string | undefined;
  /** The last lines that the node wrote. */
  readonly logs: readonly string[];

  /** Makes the error. @param message What could not be done. */
  constructor(
    message: string,
    options?: ErrorOptions & {
      /** The node that failed. */
      readonly node?: string;
      /** The last lines that it wrote. */
      readonly logs?: readonly string[];
    },
  ) {
    super(message, options);
    this.node = options?.node;
    this.logs = options?.logs ?? [];
  }
}

/** A cluster that cannot become what its spec says while its nodes are what they are. */
export class RecreationError extends ClusterError {
  /** Everything that would change, a line each. */
  readonly changes: readonly string[];

  /** Makes the error. @param message What cannot be done. @param changes Everything that would change. */
  constructor(message: string, changes: readonly string[]) {
    super(message);
    this.changes = changes;
  }
}

/** What became of an import on one node of a cluster. */
export interface NodeOutcome {
  /** The node. */
  readonly node: string;
  /** How many bytes of blobs it was sent. */
  readonly sent: number;
  /** Why it failed; `undefined` when it did not. */
  readonly failure: unknown;
}

/** Images that did not come to every node of a cluster. */
export class ImportError extends ClusterError {
  /** What became of each node. */
  readonly results: readonly NodeOutcome[];

  /** Makes the error. @param cluster Where the images were to go. */
  constructor(cluster: string, results: readonly NodeOutcome[]) {
    const failed = results.filter(({ failure }) => failure !== undefined);
    const [{ node = undefined, failure: cause = undefined } = {}] = failed;
    const why = cause instanceof Error ? cause.message : String(cause);
    const more = failed.slice(1).map(({ node }) => `"${node}"`);
    const alike = more.length === 0 ? "" : `; ${more.join(" and ")} failed too`;
    const others = failed.length === results.length ? "no node has them" : "the others have them";
    super(`Cannot bring images to all nodes of ${cluster}: ${why}${alike}; ${others}`, {
      cause,
      ...(node === undefined ? {} : { node }),
    });
    this.results = results;
  }
}

/** Compressed bytes that do not decode, or a compression nobody here knows. */
export class CompressionError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_COMPRESSION";
}

/** A single-pass stream was asked for a second time. */
export class ConsumedError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_CONSUMED";

  /** Makes the error. @param what The thing that can be read once only. */
  constructor(what: string, options?: ErrorOptions) {
    super(`Cannot read ${what} again: it is a single-pass stream and was consumed`, options);
  }
}

/** Credentials are kept where they cannot be read from. */
export class CredentialError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_CREDENTIALS";
}

/** Content does not hash to the digest that names it. */
export class DigestMismatchError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_DIGEST_MISMATCH";
  /** The digest that was promised. */
  readonly expected: string;
  /** The digest of the bytes that came. */
  readonly actual: string;

  /** Makes the error. @param expected The promised digest. @param actual The digest of the bytes. */
  constructor(expected: string, actual: string, options?: ErrorOptions) {
    super(`Cannot accept content: expected digest "${expected}", got "${actual}"`, options);
    this.expected = expected;
    this.actual = actual;
  }
}

/** The `docker` command is missing, cannot reach its engine, or failed. */
export class DockerError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_DOCKER";
  /** The command's exit code, or `undefined` when it never started. */
  readonly exitCode: number | undefined;

  /** Makes the error. @param message What could not be done. */
  constructor(message: string, options?: ErrorOptions & { readonly exitCode?: number }) {
    super(message, options);
    this.exitCode = options?.exitCode;
  }
}

/** A manifest, index, config or archive document that breaks its format. */
export class DocumentError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_DOCUMENT";
}

/** A file or directory that cannot be read or written as asked. */
export class FileError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_FILE";
  /** The path as the caller gave it. */
  readonly path: string;

  /** Makes the error. @param message What could not be done. @param path The path. */
  constructor(message: string, path: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/** Input that grows past a named limit. */
export class LimitExceededError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_LIMIT_EXCEEDED";
  /** The limit's value, in bytes or items. */
  readonly limit: number;

  /** Makes the error. @param what What grew too large. @param limit The most that is accepted. */
  constructor(what: string, limit: number, options?: ErrorOptions) {
    super(`Cannot read ${what}: expected at most ${limit}, got more`, options);
    this.limit = limit;
  }
}

/** Content that neither a source nor the destination has: a delta without its base. */
export class MissingContentError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_MISSING_CONTENT";
  /** The digests of all that is missing. */
  readonly digests: readonly string[];

  /** Makes the error. @param digests What is missing. @param destination Where it was looked for. */
  constructor(digests: readonly string[], destination: string, options?: ErrorOptions) {
    const [count, them] = digests.length === 1
      ? ["1 layer", "it"]
      : [`${digests.length} layers`, "them"];
    super(
      `Cannot copy to "${destination}": the source lacks ${count}, and so does the destination; ` +
        `copy an image that has ${them} there first: ${digests.join(", ")}`,
      options,
    );
    this.digests = digests;
  }
}

/** The other side could not be reached, or the connection broke. */
export class NetworkError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_NETWORK";
}

/** A digest, diff ID or size that is known only when the bytes have passed. */
export class NotComputedError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_NOT_COMPUTED";

  /** Makes the error. @param what What is not known yet. */
  constructor(what: string, options?: ErrorOptions) {
    super(`Cannot tell the ${what}: the layer's bytes have not passed yet`, options);
  }
}

/** Nothing with that name. */
export class NotFoundError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_NOT_FOUND";
  /** The kind of thing: `tag`, `blob`, `manifest`, `file`. */
  readonly kind: string;
  /** The name that was asked for. */
  readonly subject: string;

  /** Makes the error. @param kind The kind of thing. @param subject Its name. @param place Where it was sought. */
  constructor(kind: string, subject: string, place?: string, options?: ErrorOptions) {
    super(
      `Cannot find ${kind} "${subject}"${place === undefined ? "" : ` in ${place}`}`,
      options,
    );
    this.kind = kind;
    this.subject = subject;
  }
}

/** A layer replaces with one entry what an earlier one of it brought, and that was written already. */
export class OverwrittenEntryError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_OVERWRITTEN_ENTRY";
}

/** No image for the wanted platform. */
export class PlatformError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_PLATFORM";
  /** The platforms that are there, as `os/architecture[/variant]`. */
  readonly available: readonly string[];

  /** Makes the error. @param message What could not be chosen. @param available The platforms that are there. */
  constructor(message: string, available: readonly string[], options?: ErrorOptions) {
    super(message, options);
    this.available = available;
  }
}

/** An answer asked for something that davit refuses for the user's safety. */
export class PolicyError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_POLICY";
}

/** A registry refused a request. */
export class RegistryError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_REGISTRY";
  /** The HTTP status. */
  readonly status: number;
  /** The error codes of the body, such as `MANIFEST_UNKNOWN`. */
  readonly errorCodes: readonly string[];

  /** Makes the error. @param message What could not be done. @param status The HTTP status. */
  constructor(
    message: string,
    status: number,
    options?: ErrorOptions & { readonly errorCodes?: readonly string[] },
  ) {
    super(message, options);
    this.status = status;
    this.errorCodes = options?.errorCodes ?? [];
  }
}

/** Content is shorter or longer than its descriptor says. */
export class SizeMismatchError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_SIZE_MISMATCH";
  /** The size that was promised, in bytes. */
  readonly expected: number;
  /** The bytes that came, at the moment of the failure. */
  readonly actual: number;

  /** Makes the error. @param expected The promised size in bytes. @param actual The bytes that came. */
  constructor(
    expected: number,
    actual: number,
    options?: ErrorOptions & {
      /** The digest of the content, for the message. */
      readonly digest?: string;
    },
  ) {
    const what = options?.digest === undefined ? "content" : `content "${options.digest}"`;
    const got = actual > expected ? "more" : actual;
    super(`Cannot accept ${what}: expected ${expected} bytes, got ${got}`, options);
    this.expected = expected;
    this.actual = actual;
  }
}

/** A build file that breaks its schema. */
export class SpecError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_SPEC";
}

/** A tar stream that breaks its format, with the offset of the damage. */
export class TarError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_TAR";
  /** Byte offset in the tar stream. */
  readonly offset: number;

  /** Makes the error. @param message What is wrong. @param offset Byte offset in the tar stream. */
  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(`${message} (at byte ${offset})`, options);
    this.offset = offset;
  }
}

/** A registry wants other credentials. */
export class UnauthorizedError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_UNAUTHORIZED";
  /** The HTTP status, 401 or 403. */
  readonly status: number;

  /** Makes the error. @param message What was refused and what to do. @param status The HTTP status. */
  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** The place or the format cannot hold what it was given. */
export class UnsupportedError extends DavitError {
  /** Stable code. */
  override readonly code = "ERR_UNSUPPORTED";
}
