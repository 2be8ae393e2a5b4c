import { DigestMismatchError, DocumentError, RegistryError, UnsupportedError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, isDigest } from "../oci/digest.ts";
import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { isTag } from "../oci/reference.ts";
import { manifestDigest } from "../oci/schema1.ts";
import { readAll } from "../stream/read_all.ts";
import { type Answer, discard } from "./answer.ts";
import { acceptHeader, announcedType, manifestType } from "./manifest_type.ts";
import type { RepositoryApi } from "./repository_api.ts";
import { retryHint } from "./retry.ts";

/** A manifest that was read, with the descriptor that follows from it. */
export interface ReadManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** What to hold a conditional write to, where the registry tells. */
  readonly etag?: string;
}

/** A manifest to be written. */
export interface WrittenManifest extends ReadManifest {
  /** The tag or digest to write it under. */
  readonly name: string;
}

/** The manifests of a repository, by tag or digest. */
export class Manifests {
  readonly #api: RepositoryApi;

  constructor(api: RepositoryApi) {
    this.#api = api;
  }

  /** Asks for a descriptor by HEAD; `undefined` when that is refused or does not say it all. */
  async describe(name: string, signal?: AbortSignal): Promise<Descriptor | undefined> {
    const target = manifestPath(name);
    const headers = { accept: acceptHeader() };
    try {
      const answer = await this.#api.request({
        method: "HEAD",
        target,
        access: "pull",
        headers,
        signal,
      });
      await discard(answer);
      return describeHead(answer, name);
    } catch (error) {
      const isRefusal = error instanceof RegistryError && retryHint(error) === undefined;
      if (!isRefusal) throw error;
      return undefined;
    }
  }

  /**
   * Reads a manifest. By digest, what comes is verified. By tag, its digest is that of the bytes:
   * a `Docker-Content-Digest` is another's word for the same, often wrong behind caches, and who
   * could change the bytes could change it too.
   */
  read(name: string, signal?: AbortSignal): Promise<ReadManifest> {
    return this.#api.backoff.run(() => this.#read(name, signal), { signal });
  }

  /**
   * Writes a manifest under a name, in place of the one that had the ETag if there is one.
   *
   * @returns What the registry takes for its subject, where it keeps the list of referrers itself.
   */
  async write(manifest: WrittenManifest, signal?: AbortSignal): Promise<string | undefined> {
    const { descriptor: { digest, mediaType }, bytes, name, etag } = manifest;
    const answer = await this.#api.request({
      method: "PUT",
      target: manifestPath(name),
      access: "pull,push",
      headers: { "content-type": mediaType, ...(etag === undefined ? {} : { "if-match": etag }) },
      body: bytes,
      expected: [201, 200, 202],
      signal,
    });
    await discard(answer);
    const stored = answer.headers.get("docker-content-digest");
    if (stored !== null && isDigest(stored) && stored !== digest) {
      throw new DigestMismatchError(digest, stored);
    }
    return answer.headers.get("oci-subject") ?? undefined;
  }

  /** Deletes a tag, or a manifest by digest. */
  async delete(name: string, signal?: AbortSignal): Promise<void> {
    const deleting = this.#api.request({
      method: "DELETE",
      target: manifestPath(name),
      access: "pull,push,delete",
      expected: [202, 200, 204],
      signal,
    });
    try {
      await discard(await this.#naming(name, deleting));
    } catch (error) {
      if (!(error instanceof RegistryError) || ![400, 405, 501].includes(error.status)) throw error;
      const advice = isDigest(name) ? "deletion is switched off there" : "try its digest instead";
      throw new UnsupportedError(
        `Cannot delete "${name}" from "${this.#api.label}": the registry refuses; ${advice}`,
        { cause: error },
      );
    }
  }

  async #read(name: string, signal: AbortSignal | undefined): Promise<ReadManifest> {
    const target = manifestPath(name);
    const headers = { accept: acceptHeader() };
    const answer = await this.#naming(
      name,
      this.#api.request({ method: "GET", target, access: "pull", headers, retry: false, signal }),
    );
    const bytes = await readAll(answer.body ?? ReadableStream.from([]), {
      maxBytes: MAX_MANIFEST_BYTES,
      what: `manifest "${name}"`,
    });
    if (bytes.length === 0) {
      throw new DocumentError(
        `Cannot read manifest "${name}" of "${this.#api.label}": expected a document, got no bytes`,
      );
    }
    const mediaType = manifestType(answer.headers.get("content-type"), bytes);
    const algorithm = isDigest(name) ? algorithmOf(name) : "sha256";
    const digest = await manifestDigest(bytes, mediaType, algorithm);
    if (isDigest(name) && digest !== name) throw new DigestMismatchError(name, digest);
    const etag = answer.headers.get("etag");
    return {
      descriptor: { mediaType, digest, size: bytes.length },
      bytes,
      ...(etag === null || etag.startsWith("W/") ? {} : { etag }),
    };
  }

  /** Says of a 404 what it is that is missing. */
  async #naming(name: string, answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      throw isMissing(error)
        ? this.#api.missing(isDigest(name) ? "manifest" : "tag", name, error)
        : error;
    }
  }
}

/** Says whether an answer was 404. */
export function isMissing(error: unknown): boolean {
  return error instanceof RegistryError && error.status === 404;
}

/** The endpoint of a manifest; the name is checked, as it becomes a part of a URL. */
function manifestPath(name: string): string {
  if (isTag(name) || isDigest(name)) return `manifests/${name}`;
  throw new SyntaxError(
    `Cannot name a manifest ${JSON.stringify(name.slice(0, 150))}: expected a tag or a digest`,
  );
}

/** The descriptor that the headers of a manifest give, if they give one. */
function describeHead({ headers }: Answer, name: string): Descriptor | undefined {
  const mediaType = announcedType(headers.get("content-type"));
  const digest = headers.get("docker-content-digest") ?? "";
  const size = headers.get("content-length") ?? "";
  if (mediaType === undefined || !isDigest(digest) || !/^[1-9]\d{0,9}$/.test(size)) {
    return undefined;
  }
  if (isDigest(name) && digest !== name) return undefined;
  return { mediaType, digest, size: Number(size) };
}
