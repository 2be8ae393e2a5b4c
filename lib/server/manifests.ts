import { DavitError, NotFoundError } from "../errors.ts";
import { listed } from "../store/listed.ts";
import type { Roots } from "../layout/roots.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { isIndexType, isManifestType } from "../oci/media_type.ts";
import { isTag } from "../oci/reference.ts";
import { readAll } from "../stream/read_all.ts";
import { verify } from "../stream/verify.ts";
import type { DocumentCache } from "./document_cache.ts";
import { type ManifestFacts, readFacts } from "./manifest_facts.ts";
import type { HostedRepository } from "./repositories.ts";
import { Turns } from "./turns.ts";

const KEEP = { keepNameless: true } as const;
const NOTHING: ManifestFacts = {
  manifests: [],
  blobs: [],
  subject: undefined,
  artifactType: undefined,
  annotations: undefined,
};

/**
 * The manifests of a repository: the documents that its roots list, directly or through indexes,
 * with what they say of each other.
 */
export class Manifests {
  /** Pushes share the repository, removals have it alone: so nothing loses its parts. */
  readonly turns: Turns = new Turns();
  readonly #repository: HostedRepository;
  readonly #cache: DocumentCache;
  readonly #facts = new Map<Digest, ManifestFacts>();

  constructor(repository: HostedRepository, cache: DocumentCache) {
    this.#repository = repository;
    this.#cache = cache;
  }

  /** The manifest of a tag or digest, or `undefined`. */
  async find(reference: string): Promise<Descriptor | undefined> {
    const roots = await this.#repository.roots.read();
    if (!isDigest(reference)) return roots.named(reference)?.descriptor;
    if (await this.#repository.blobs.size(reference) === undefined) return undefined;
    const root = roots.of(reference);
    if (root !== undefined) return root.descriptor;
    for await (const descriptor of this.#listed(roots)) {
      if (descriptor.digest === reference && isManifest(descriptor)) return descriptor;
    }
  }

  /**
   * The bytes of a manifest, verified.
   *
   * @throws {NotFoundError} When the repository has lost them.
   */
  async read(descriptor: Descriptor): Promise<Uint8Array> {
    const { digest } = descriptor;
    const known = this.#cache.get(digest);
    if (known !== undefined) return known;
    const source = await this.#repository.blobs.read(digest);
    const what = `manifest "${digest}"`;
    const maxBytes = MAX_MANIFEST_BYTES;
    const bytes = await readAll(verify(source, descriptor), { maxBytes, what });
    this.#cache.set(digest, bytes);
    return bytes;
  }

  /** Publishes a manifest whose parts are there. Tags leave what had them before. */
  async put(
    descriptor: Descriptor,
    bytes: Uint8Array,
    { tags, facts }: { readonly tags: readonly string[]; readonly facts: ManifestFacts },
  ): Promise<void> {
    await this.#repository.blobs.write(descriptor.digest, bytes);
    await this.#repository.roots.edit((roots) => roots.with(descriptor, tags, KEEP));
    this.#facts.set(descriptor.digest, facts);
  }

  /**
   * Removes a tag; its manifest stays.
   *
   * @throws {NotFoundError} When there is no such tag.
   */
  async removeTag(tag: string): Promise<void> {
    await this.#repository.roots.edit((roots) => {
      if (roots.named(tag)?.name !== tag) throw new NotFoundError("tag", tag);
      return roots.withoutName(tag, KEEP);
    });
  }

  /** Removes a manifest with all its tags. */
  async remove(digest: Digest): Promise<void> {
    await this.#repository.roots.edit((roots) => roots.withoutDigest(digest));
    await this.#repository.blobs.remove(digest);
    this.#facts.delete(digest);
  }

  /** The tags, sorted by code unit. */
  async tags(): Promise<readonly string[]> {
    const names = [...await this.#repository.roots.read()].map(({ name }) => name);
    return [...new Set(names.filter((name) => name !== undefined))].filter(isTag).sort();
  }

  /** The manifests that are about a digest, described as the referrers API does. */
  async referrers(subject: Digest): Promise<readonly Descriptor[]> {
    const referrers: Descriptor[] = [];
    for await (const descriptor of this.#listed(await this.#repository.roots.read())) {
      if (!isManifest(descriptor)) continue;
      const facts = await this.#factsOf(descriptor);
      if (facts.subject !== subject) continue;
      const { mediaType, digest, size } = descriptor;
      referrers.push({
        mediaType,
        digest,
        size,
        ...(facts.artifactType === undefined ? {} : { artifactType: facts.artifactType }),
        ...(facts.annotations === undefined ? {} : { annotations: facts.annotations }),
      });
    }
    return referrers;
  }

  /** The manifest that has the content as its part or is it, or `undefined`. */
  async userOf(digest: Digest): Promise<Descriptor | undefined> {
    for await (const descriptor of this.#listed(await this.#repository.roots.read())) {
      if (descriptor.digest === digest) return descriptor;
      const { blobs } = isManifest(descriptor) ? await this.#factsOf(descriptor) : NOTHING;
      if (blobs.some((blob) => blob.digest === digest)) return descriptor;
    }
  }

  /**
   * What a manifest says, or an index; of one that is not there, that it needs nothing.
   *
   * @throws {DavitError} When it is damaged, or of a type that nobody here knows.
   */
  async factsOf(descriptor: Descriptor): Promise<ManifestFacts> {
    const known = this.#facts.get(descriptor.digest);
    if (known !== undefined) return known;
    if (await this.#repository.blobs.size(descriptor.digest) === undefined) return NOTHING;
    return readFacts(await this.read(descriptor), descriptor.mediaType);
  }

  #listed(roots: Roots): AsyncGenerator<Descriptor> {
    return listed(
      [...roots].map(({ descriptor }) => descriptor),
      async (index) => (await this.#factsOf(index)).manifests,
    );
  }

  async #factsOf(descriptor: Descriptor): Promise<ManifestFacts> {
    const known = this.#facts.get(descriptor.digest);
    if (known !== undefined) return known;
    if (await this.#repository.blobs.size(descriptor.digest) === undefined) return NOTHING;
    const facts = await this.#readFacts(descriptor);
    this.#facts.set(descriptor.digest, facts);
    return facts;
  }

  /** What is damaged (by hand, or on its way out) says nothing. */
  async #readFacts(descriptor: Descriptor): Promise<ManifestFacts> {
    try {
      return readFacts(await this.read(descriptor), descriptor.mediaType);
    } catch (error) {
      if (error instanceof DavitError) return NOTHING;
      throw error;
    }
  }
}

function isManifest({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType);
}
