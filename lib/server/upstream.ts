import type { CallOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";

/** A repository of another registry. The client's `Repository` is one. */
export interface UpstreamRepository {
  /**
   * Looks up a tag or the digest of a manifest.
   *
   * @throws {NotFoundError} When there is no such name.
   */
  resolve(name: string, options?: CallOptions): Promise<Descriptor>;
  /**
   * Looks up a blob.
   *
   * @throws {NotFoundError} When there is no such blob.
   */
  resolveBlob(digest: Digest, options?: CallOptions): Promise<Descriptor>;
  /** Opens content. It need not be verified: the registry does that before it keeps it. */
  fetch(descriptor: Descriptor, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;
  /** The tags. */
  names(options?: CallOptions): AsyncIterable<string>;
  /** What is about a manifest; only what is here is listed, unless this is there. */
  referrers?(subject: Digest, options?: CallOptions): AsyncIterable<Descriptor>;
}

/**
 * A registry whose content is fetched, and kept, when somebody asks for it here.
 *
 * @example
 * ```ts
 * import { Repository, Transport } from "@davit/davit/registry";
 * import { serveRegistry } from "@davit/davit/server";
 *
 * using transport = new Transport();
 * const registry = "ghcr.io";
 * await using cache = await serveRegistry({
 *   upstreams: [{
 *     registry,
 *     open: (repository) => new Repository({ registry, repository }, { transport }),
 *   }],
 * });
 * console.assert(cache.url.startsWith("http://127.0.0.1:"));
 * ```
 */
export interface Upstream {
  /** Its name, as clients write it: `docker.io`, `ghcr.io`, `127.0.0.1:5001`. */
  readonly registry: string;
  /**
   * Whether it is also asked for repositories that are not here and that clients name without a
   * registry, as Docker asks its mirrors. Only one can be; none unless said.
   */
  readonly fallback?: boolean;
  /** Opens one of its repositories: `library/alpine`. With the credentials of whoever serves here. */
  readonly open: (repository: string) => UpstreamRepository;
}
