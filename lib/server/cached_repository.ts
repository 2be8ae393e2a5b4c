import { DavitError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { isIndexType, isManifestType } from "../oci/media_type.ts";
import { readAll } from "../stream/read_all.ts";
import { verify } from "../stream/verify.ts";
import { unknownBlob, unknownManifest } from "./answers.ts";
import { Fill } from "./fill.ts";
import { readFacts } from "./manifest_facts.ts";
import type { Manifests } from "./manifests.ts";
import { type Arriving, passing } from "./passing.ts";
import type { Quota } from "./quota.ts";
import { Refusal } from "./refusal.ts";
import type { HostedRepository, Repositories } from "./repositories.ts";
import type { UpstreamRepository } from "./upstream.ts";
import { isMissing, upstreamFailure } from "./upstream_failure.ts";

/** How long a registry may think when what it said before could be served instead. */
const PATIENCE_MS = 5_000;
/** How long a registry that failed is left alone when what it said before can be served instead. */
const PAUSE_MS = 10_000;

/** A repository as it is kept here, and where it comes from. */
export interface CachedRepositoryOptions {
  /** Its name here. */
  readonly name: string;
  /** Where it is kept, once there is something to keep. */
  readonly repositories: Repositories;
  readonly manifestsOf: (repository: HostedRepository) => Manifests;
  readonly upstream: UpstreamRepository;
  /** What messages call the registry it comes from. */
  readonly registry: string;
  /** How much may be kept. What does not fit is passed on. */
  readonly quota?: Quota | undefined;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/**
 * A repository of another registry that is kept here as far as somebody has asked for it. Tags are
 * asked for anew each time; while the other registry fails, what it said before counts.
 */
export class CachedRepository {
  readonly #options: CachedRepositoryOptions;
  readonly #updates = new Map<string, Promise<void>>();
  readonly #fills = new Map<Digest, Promise<Arriving>>();
  #isTrustedAgain = 0;

  constructor(options: CachedRepositoryOptions) {
    this.#options = options;
  }

  /**
   * Sees to it that a manifest is here, if there is one, and a tag as it is there.
   *
   * @returns What to warn the client of: that a tag may have moved.
   * @throws {Refusal} When the manifest is neither here nor to be had.
   */
  async update(reference: string): Promise<string | undefined> {
    const { registry } = this.#options;
    const manifests = await this.#manifests();
    const known = await manifests?.find(reference);
    if (known !== undefined && isDigest(reference)) return undefined;
    if (known !== undefined && Date.now() < this.#isTrustedAgain) return staleness(registry);
    try {
      await this.#once(reference, known);
    } catch (error) {
      if (isMissing(error)) {
        if (known !== undefined) await manifests?.removeTag(reference).catch(() => {});
        throw unknownManifest(reference);
      }
      if (known === undefined) throw upstreamFailure(registry, error);
      this.#isTrustedAgain = Date.now() + PAUSE_MS;
      return staleness(registry);
    }
  }

  /**
   * Begins to fetch a blob that is not here, or joins whoever did. It is kept if there is room.
   *
   * @throws {Refusal} When it is not to be had.
   */
  async fill(digest: Digest): Promise<Arriving> {
    const running = this.#fills.get(digest);
    if (running !== undefined) return await running;
    const beginning = this.#begin(digest);
    this.#fills.set(digest, beginning);
    beginning.then(({ finished }) => finished).catch(() => {}).finally(() =>
      this.#fills.delete(digest)
    );
    return await beginning;
  }

  /**
   * The size of a blob that is not here.
   *
   * @throws {Refusal} When it is not to be had.
   */
  async sizeOf(digest: Digest): Promise<number> {
    const { upstream, signal } = this.#options;
    try {
      return (await upstream.resolveBlob(digest, { signal })).size;
    } catch (error) {
      throw this.#refusalFor(digest, error);
    }
  }

  /** The tags there, or, while that registry fails, those that were asked for before. */
  async tags(): Promise<readonly string[]> {
    const { upstream, registry, signal } = this.#options;
    try {
      return (await Array.fromAsync(upstream.names({ signal }))).sort();
    } catch (error) {
      if (isMissing(error)) throw new Refusal(404, "NAME_UNKNOWN", "no such repository");
      const known = await (await this.#manifests())?.tags() ?? [];
      if (known.length > 0) return known;
      throw upstreamFailure(registry, error);
    }
  }

  /** What is about a manifest there, or, while that registry fails, here. */
  async referrers(subject: Digest): Promise<readonly Descriptor[]> {
    const { upstream, signal } = this.#options;
    try {
      if (upstream.referrers !== undefined) {
        return await Array.fromAsync(upstream.referrers(subject, { signal }));
      }
    } catch (error) {
      if (!(error instanceof DavitError)) throw error;
    }
    return await (await this.#manifests())?.referrers(subject) ?? [];
  }

  #once(reference: string, known: Descriptor | undefined): Promise<void> {
    const running = this.#updates.get(reference);
    if (running !== undefined) return running;
    const update = this.#update(reference, known).finally(() => this.#updates.delete(reference));
    this.#updates.set(reference, update);
    return update;
  }

  async #update(reference: string, known: Descriptor | undefined): Promise<void> {
    const { upstream, name, repositories, manifestsOf } = this.#options;
    const signal = known === undefined
      ? this.#options.signal
      : AbortSignal.any([this.#options.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const descriptor = await upstream.resolve(reference, { signal });
    if (descriptor.digest === known?.digest) return;
    const { mediaType } = descriptor;
    if (!isManifestType(mediaType) && !isIndexType(mediaType)) {
      throw new Refusal(
        404,
        "MANIFEST_UNKNOWN",
        "the manifest is of a type that is not kept here",
        {
          detail: { reference, mediaType },
        },
      );
    }
    const source = await upstream.fetch(descriptor, { signal });
    const bytes = await readAll(verify(source, descriptor), {
      maxBytes: MAX_MANIFEST_BYTES,
      what: `manifest "${reference}"`,
    });
    const facts = readFacts(bytes, mediaType);
    const tags = isDigest(reference) ? [] : [reference];
    const { digest, size } = descriptor;
    const manifests = manifestsOf(await repositories.create(name));
    await manifests.turns.share(() =>
      manifests.put({ mediaType, digest, size }, bytes, { tags, facts })
    );
  }

  async #begin(digest: Digest): Promise<Arriving> {
    const { upstream, name, repositories, quota, signal } = this.#options;
    try {
      const descriptor = await upstream.resolveBlob(digest, { signal });
      const open = () => upstream.fetch(descriptor, { signal });
      const repository = await repositories.create(name);
      const room = await quota?.room(repository);
      if (room !== undefined && room() < descriptor.size) return passing(descriptor, open);
      const fill = await Fill.begin(repository, descriptor, await open());
      fill.finished.then(() => quota?.added(repository, descriptor.size), () => {});
      return fill;
    } catch (error) {
      throw this.#refusalFor(digest, error);
    }
  }

  /** The manifests that are kept, if anything is. */
  async #manifests(): Promise<Manifests | undefined> {
    const { name, repositories, manifestsOf } = this.#options;
    const repository = await repositories.find(name);
    return repository && manifestsOf(repository);
  }

  #refusalFor(digest: Digest, error: unknown): Refusal {
    return isMissing(error) ? unknownBlob(digest) : upstreamFailure(this.#options.registry, error);
  }
}

function staleness(registry: string): string {
  return `${registry} does not answer: this is what the tag was when it last did`;
}
