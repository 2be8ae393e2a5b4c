import { NetworkError } from "../errors.ts";
import type { View } from "../image/image.ts";
import { openView } from "../image/open_view.ts";
import type { CallOptions, ContentSource, FetchOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { Repository } from "../registry/repository.ts";
import type { Transport } from "../registry/transport.ts";
import type { Referrers, ReferrersOptions, Source } from "../store/store.ts";
import { verify } from "../stream/verify.ts";
import type { RegistryRules } from "./registry_rules.ts";

/** Options of {@linkcode MirroredRepository}. */
export interface MirroredRepositoryOptions {
  /** Where the mirrors are. */
  readonly rules: RegistryRules;
  /** How registries are spoken to: to each with its own credentials. */
  readonly transport: Transport;
  /** Told of each place that could not help, and why. */
  readonly onFailure?: (place: string, reason: unknown) => void;
}

/**
 * A repository as it is read through mirrors: each is asked in turn, for a manifest and for every
 * blob, and in the end the registry itself. What they give is verified, so a mirror can be out of
 * date or out of order, but not lie about a digest. Lists of tags and referrers are the registry's,
 * as a mirror may know of a part only; a mirror's are taken when it cannot be reached.
 */
export class MirroredRepository implements Source, ContentSource, Referrers {
  /** The name as it was asked for: `registry/repository`. */
  readonly label: string;
  readonly #name: RepositoryName;
  readonly #options: MirroredRepositoryOptions;
  readonly #repositories = new Map<string, Repository>();
  readonly #held = new Map<Digest, Uint8Array>();
  #preferred: Repository | undefined;

  /** Asks nothing yet. @param name As a reference has it. */
  constructor(name: RepositoryName, options: MirroredRepositoryOptions) {
    this.#name = name;
    this.#options = options;
    this.label = `${name.registry}/${name.repository}`;
  }

  /**
   * Opens what a tag or digest stands for at the first place that tells; `latest` without a name.
   *
   * @throws {PolicyError} When the rules block the repository.
   */
  async open(name = "latest", options: CallOptions = {}): Promise<View> {
    return await this.#first(this.#sourcesOf(name), async (repository) => {
      const { descriptor, bytes } = await repository.manifest(name, options);
      const view = openView(this, descriptor);
      this.#held.set(descriptor.digest, bytes);
      this.#preferred = repository;
      return view;
    }, options);
  }

  /** The tags, of the registry itself if it answers. */
  names(options: CallOptions = {}): AsyncGenerator<string> {
    return this.#list((repository) => repository.names(options), options);
  }

  /** What is about a manifest, by the registry itself if it answers. */
  referrers(subject: Digest, options: ReferrersOptions = {}): AsyncGenerator<Descriptor> {
    return this.#list((repository) => repository.referrers(subject, options), options);
  }

  /**
   * Opens content at the place that the last manifest came from, else at the others. Where a place
   * breaks off, the next one goes on.
   */
  async fetch(
    descriptor: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const held = this.#held.get(descriptor.digest);
    this.#held.delete(descriptor.digest);
    if (held !== undefined) return ReadableStream.from([held.subarray(options.offset ?? 0)]);
    const sources = this.#sourcesOf(descriptor.digest);
    const preferred = sources.filter((repository) => repository === this.#preferred);
    const others = sources.filter((repository) => repository !== this.#preferred);
    const ahead = [...preferred, ...others];
    const first = await this.#first(ahead, async (repository) => {
      const stream = await repository.fetch(descriptor, options);
      return { stream, rest: ahead.slice(ahead.indexOf(repository) + 1) };
    }, options);
    if (first.rest.length === 0 || (options.offset ?? 0) > 0) return first.stream;
    return verify(
      ReadableStream.from(this.#goOn(first.stream, first.rest, descriptor, options)),
      descriptor,
    );
  }

  /** Reads a stream, and where it breaks off what is left of it elsewhere. */
  async *#goOn(
    stream: ReadableStream<Uint8Array>,
    rest: readonly Repository[],
    descriptor: Descriptor,
    options: FetchOptions,
  ): AsyncGenerator<Uint8Array> {
    let passed = 0;
    try {
      for await (const chunk of stream) {
        passed += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof NetworkError) || passed >= descriptor.size) throw error;
      this.#options.onFailure?.(this.label, error);
    }
    const next = await this.#first(
      rest,
      (repository) => repository.fetch(descriptor, { ...options, offset: passed }),
      options,
    );
    yield* next;
  }

  #sourcesOf(name?: string): readonly Repository[] {
    const { rules, transport } = this.#options;
    return rules.sourcesOf(this.#name, name).map((source) => {
      const key = `${source.registry}/${source.repository}`;
      const repository = this.#repositories.get(key) ?? new Repository(source, { transport });
      this.#repositories.set(key, repository);
      return repository;
    });
  }

  async *#list<T>(
    open: (repository: Repository) => AsyncIterable<T>,
    options: CallOptions,
  ): AsyncGenerator<T> {
    const sources = this.#sourcesOf();
    const lists = await this.#first(
      [...sources.slice(-1), ...sources.slice(0, -1)],
      async (repository) => {
        const items = open(repository)[Symbol.asyncIterator]();
        return { items, first: await items.next() };
      },
      options,
    );
    for (let next = lists.first; !next.done; next = await lists.items.next()) yield next.value;
  }

  /** What the first place gives that does not fail; of failures, the registry's own counts. */
  async #first<T>(
    sources: readonly Repository[],
    ask: (repository: Repository) => Promise<T>,
    { signal }: CallOptions,
  ): Promise<T> {
    const origin = this.#sourcesOf().at(-1);
    let failure: unknown;
    for (const repository of sources) {
      try {
        return await ask(repository);
      } catch (error) {
        signal?.throwIfAborted();
        if (repository === origin || failure === undefined) failure = error;
        if (repository !== origin) this.#options.onFailure?.(repository.label, error);
      }
    }
    throw failure;
  }
}
