import {
  DigestMismatchError,
  LimitExceededError,
  NotFoundError,
  RegistryError,
  UnauthorizedError,
} from "../errors.ts";
import type { View } from "../image/image.ts";
import { openView } from "../image/open_view.ts";
import type { CallOptions, ContentSource, FetchOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, isDigest } from "../oci/digest.ts";
import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { present } from "../oci/present.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { isStoredAsManifest } from "../oci/media_type.ts";
import { manifestDigest } from "../oci/schema1.ts";
import { parseRepository } from "../oci/reference.ts";
import { parseRegistry } from "../oci/registry_name.ts";
import type { Content } from "../store/content.ts";
import type {
  Accepts,
  Deleter,
  Mounter,
  Referrers,
  ReferrersOptions,
  Store,
  WriteOptions,
} from "../store/store.ts";
import { readAll } from "../stream/read_all.ts";
import { verify } from "../stream/verify.ts";
import { discard } from "./answer.ts";
import { download } from "./download.ts";
import { inlineData } from "./inline_data.ts";
import { acceptHeader } from "./manifest_type.ts";
import { isMissing, Manifests } from "./manifests.ts";
import { readNameList } from "./pages.ts";
import { describeBlob, hasContent } from "./presence.ts";
import { RepositoryApi } from "./repository_api.ts";
import { RepositoryReferrers } from "./repository_referrers.ts";
import { repositoryScope } from "./scope.ts";
import type { Transport } from "./transport.ts";
import type { UploadSession } from "./upload_session.ts";

/** Options of {@linkcode Repository}. */
export interface RepositoryOptions {
  /** How the registry is spoken to; share one, for it keeps tokens and counts requests. */
  readonly transport: Transport;
}

/** A manifest, as its repository has it. */
export interface RepositoryManifest {
  /** What it is. */
  readonly descriptor: Descriptor;
  /** Its exact bytes. */
  readonly bytes: Uint8Array;
}

const PAGE_SIZE = 1000;

/**
 * A repository of a registry, as a store. What is read is verified; what is written is visible at
 * once, so that `commit()` has nothing to do.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md distribution-spec}
 * @example
 * ```ts
 * import { Repository, Transport } from "@davit/davit/registry";
 *
 * using transport = new Transport();
 * const app = new Repository({ registry: "ghcr.io", repository: "org/app" }, { transport });
 * console.assert(app.label === "ghcr.io/org/app");
 * ```
 */
export class Repository implements Store, Mounter, Deleter, Referrers {
  /** `registry/repository`. */
  readonly label: string;
  /** Everything is taken; registries refuse a manifest whose parts they lack. */
  readonly accepts: Accepts = {
    index: true,
    compressions: ["none", "gzip", "zstd"],
    complete: true,
  };
  /** `host[:port]`. */
  readonly registry: string;
  /** The path within the registry. */
  readonly repository: string;
  readonly #api: RepositoryApi;
  readonly #manifests: Manifests;
  readonly #referrers: RepositoryReferrers;
  readonly #opened: Map<Digest, Uint8Array> = new Map();
  readonly #sessions: Map<Digest, UploadSession> = new Map();

  /**
   * Names a repository; nothing is asked of it yet.
   *
   * @param name As a reference has it.
   * @throws {SyntaxError} When it is no registry or no path.
   */
  constructor(name: RepositoryName, { transport }: RepositoryOptions) {
    this.registry = parseRegistry(name.registry);
    this.repository = parseRepository(`localhost/${name.repository}`).repository;
    this.#api = new RepositoryApi(this, transport);
    this.label = this.#api.label;
    this.#manifests = new Manifests(this.#api);
    this.#referrers = new RepositoryReferrers(this.#api, this.#manifests);
  }

  /**
   * Looks a tag or digest up, by HEAD where the registry answers that in full.
   *
   * @throws {NotFoundError} When there is no such name.
   */
  async resolve(name: string, { signal }: CallOptions = {}): Promise<Descriptor> {
    return await this.#manifests.describe(name, signal) ??
      (await this.#manifests.read(name, signal)).descriptor;
  }

  /**
   * Opens what a tag or digest stands for; `latest` without a name. The manifest is fetched at once,
   * so that a tag that moves meanwhile does no harm; the rest lazily.
   *
   * @throws {NotFoundError} When there is no such name.
   */
  async open(name = "latest", { signal }: CallOptions = {}): Promise<View> {
    const { descriptor, bytes } = await this.#manifests.read(name, signal);
    const view = openView(this, descriptor);
    this.#opened.set(descriptor.digest, bytes);
    return view;
  }

  /**
   * Reads the exact bytes of what a tag or digest stands for, whatever its form.
   *
   * @throws {NotFoundError} When there is no such name.
   */
  async manifest(name: string, { signal }: CallOptions = {}): Promise<RepositoryManifest> {
    const { descriptor, bytes } = await this.#manifests.read(name, signal);
    return { descriptor, bytes };
  }

  /** The tags, page by page, in the registry's order. */
  async *names({ signal }: CallOptions = {}): AsyncGenerator<string> {
    try {
      yield* readNameList({
        first: `tags/list?n=${PAGE_SIZE}`,
        what: "tags",
        backoff: this.#api.backoff,
        signal,
        open: (target) =>
          this.#api.request({ method: "GET", target, access: "pull", retry: false, signal }),
      });
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new NotFoundError("repository", this.repository, this.registry, { cause: error });
    }
  }

  /**
   * Opens content: what the descriptor carries itself, else the registry's, else, of a foreign layer,
   * what one of its `urls` has.
   */
  async fetch(
    descriptor: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const { offset = 0, signal } = options;
    const { digest, size, mediaType, urls = [] } = descriptor;
    if (!Number.isInteger(offset) || offset < 0 || offset > size) {
      throw new RangeError(`Cannot fetch from byte ${offset}: expected 0 to ${size}`);
    }
    signal?.throwIfAborted();
    const isManifest = isStoredAsManifest(mediaType);
    if (isManifest && size > MAX_MANIFEST_BYTES) {
      throw new LimitExceededError(`manifest "${digest}" of ${size} bytes`, MAX_MANIFEST_BYTES);
    }
    const held = await this.#take(descriptor);
    if (held !== undefined) return ReadableStream.from([held.subarray(offset)]);
    const kind = isManifest ? "manifest" : "blob";
    const accept: Record<string, string> = isManifest ? { accept: acceptHeader(mediaType) } : {};
    try {
      return await this.#download(`${kind}s/${digest}`, descriptor, { ...options, accept });
    } catch (error) {
      if (!isMissing(error)) throw error;
      return await this.#fetchElsewhere(urls, descriptor, options) ??
        Promise.reject(this.#api.missing(kind, digest, error));
    }
  }

  /**
   * Looks a blob up by its digest alone: the registry tells its size.
   *
   * @throws {NotFoundError} When there is no such blob.
   */
  resolveBlob(digest: Digest, { signal }: CallOptions = {}): Promise<Descriptor> {
    return describeBlob(this.#api, digest, signal);
  }

  /** Says whether the repository has the content. */
  has(descriptor: Descriptor, { signal }: CallOptions = {}): Promise<boolean> {
    return hasContent(this.#api, descriptor, signal);
  }

  /** Writes a blob, or a manifest under its names; a manifest without names by its digest. */
  async write(content: Content, options: WriteOptions = {}): Promise<Descriptor> {
    const { signal } = options;
    if (isStoredAsManifest(content.mediaType)) return await this.#writeManifest(content, options);
    const digest = content.descriptor?.digest;
    const session = digest === undefined ? undefined : this.#sessions.get(digest);
    if (digest !== undefined) this.#sessions.delete(digest);
    const has = (descriptor: Descriptor) => hasContent(this.#api, descriptor, signal);
    const { uploadBlob } = await import("./upload.ts");
    return await uploadBlob(this.#api, content, { session, has, signal });
  }

  /** Says whether the place is another repository of the same registry. */
  canMount(from: ContentSource): boolean {
    return from instanceof Repository && from.registry === this.registry &&
      from.repository !== this.repository;
  }

  /** Takes a blob from another repository of the same registry, if the registry can and may. */
  async mount(
    descriptor: Descriptor,
    from: ContentSource,
    { signal }: CallOptions = {},
  ): Promise<boolean> {
    if (!(from instanceof Repository) || !this.canMount(from)) return false;
    if (isStoredAsManifest(descriptor.mediaType)) return false;
    const query = new URLSearchParams({ mount: descriptor.digest, from: from.repository });
    try {
      const answer = await this.#api.request({
        method: "POST",
        target: `blobs/uploads/?${query}`,
        access: "pull,push",
        scopes: [repositoryScope(from.repository, "pull")],
        expected: [201, 202],
        signal,
      });
      await discard(answer);
      if (answer.status === 202) {
        const { UploadSession } = await import("./upload_session.ts");
        this.#sessions.set(descriptor.digest, UploadSession.of(this.#api, answer));
      }
      return answer.status === 201;
    } catch (error) {
      if (error instanceof RegistryError || error instanceof UnauthorizedError) return false;
      throw error;
    }
  }

  /**
   * Deletes a tag, or a manifest by digest with all of its tags.
   *
   * @throws {UnsupportedError} When the registry deletes nothing of the kind.
   */
  async delete(name: string, options: CallOptions = {}): Promise<void> {
    if (isDigest(name)) await this.#referrers.delete(name, options);
    else await this.#manifests.delete(name, options.signal);
  }

  /**
   * Lists what is about a manifest: by the registry's referrers API, or where it has none by the tag
   * that clients keep the list under.
   */
  referrers(subject: Digest, options: ReferrersOptions = {}): AsyncGenerator<Descriptor> {
    return this.#referrers.list(subject, options);
  }

  /** Does nothing: a registry publishes as it goes. */
  commit(): Promise<void> {
    return Promise.resolve();
  }

  /** Gives up the uploads that the registry opened but nobody used. */
  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.cancel()));
  }

  /** Content that is here already: carried by its descriptor, or read when it was opened. */
  async #take(descriptor: Descriptor): Promise<Uint8Array | undefined> {
    const opened = this.#opened.get(descriptor.digest);
    this.#opened.delete(descriptor.digest);
    return opened?.length === descriptor.size ? opened : await inlineData(descriptor);
  }

  async #download(
    target: string | URL,
    descriptor: Descriptor,
    options: FetchOptions & { readonly accept?: Readonly<Record<string, string>> },
  ): Promise<ReadableStream<Uint8Array>> {
    const { offset = 0, accept = {}, signal } = options;
    const { size } = descriptor;
    if (offset === size && offset > 0) return ReadableStream.from([]);
    const stream = await download(descriptor, {
      open: (range, signal) =>
        this.#api.request({
          method: "GET",
          target,
          access: "pull",
          headers: { ...accept, ...range },
          expected: "range" in range ? [206, 200] : [200],
          signal,
        }),
      offset,
      backoff: this.#api.backoff,
      signal,
    });
    return offset === 0 ? verify(stream, descriptor) : stream;
  }

  async #fetchElsewhere(
    urls: readonly string[],
    descriptor: Descriptor,
    options: FetchOptions,
  ): Promise<ReadableStream<Uint8Array> | undefined> {
    const targets = urls.map((url) => URL.parse(url)).filter((url) => url !== null);
    for (const [index, target] of targets.entries()) {
      try {
        return await this.#download(target, descriptor, options);
      } catch (error) {
        if (options.signal?.aborted || index === targets.length - 1) throw error;
      }
    }
    return undefined;
  }

  async #writeManifest(content: Content, options: WriteOptions): Promise<Descriptor> {
    const { names = [], signal } = options;
    const bytes = await readAll(await content.open(), {
      maxBytes: MAX_MANIFEST_BYTES,
      what: "manifest",
    });
    const { digest, size } = await content.sealed();
    const actual = await manifestDigest(bytes, content.mediaType, algorithmOf(digest));
    if (actual !== digest) throw new DigestMismatchError(digest, actual);
    const descriptor = { mediaType: content.mediaType, digest, size };
    let acknowledged: string | undefined;
    for (const name of names.length === 0 ? [digest] : names) {
      acknowledged = await this.#manifests.write({ descriptor, bytes, name }, signal);
    }
    await this.#referrers.written({ descriptor, bytes }, present({ acknowledged, signal }));
    return descriptor;
  }
}
