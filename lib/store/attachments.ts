import { NotFoundError, RegistryError, UnauthorizedError } from "../errors.ts";
import type { View } from "../image/image.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Referrers, Source } from "./store.ts";

/** A tag that names a manifest by its digest, and behind a dot what it has to do with it. */
const DIGEST_TAG = /^(sha256|sha512)-([0-9a-f]{64,128})\.[A-Za-z0-9_.-]+$/;

/** Signatures, attestations and SBOMs. */
const COSIGN_SUFFIXES = [".sig", ".att", ".sbom"] as const;

/** The tag of a list of referrers, which clients keep where a registry does not. */
const LIST_TAG = /^sha(?:256|512)-[0-9a-f]{64}$/;

/** Says whether a tag is that of a list of referrers: it is kept, not copied. */
export function isReferrersTag(tag: string): boolean {
  return LIST_TAG.test(tag);
}

/**
 * What belongs to the images of a place without being part of them: referrers, and what tags tie to
 * a digest, as cosign does with `sha256-….sig`. The tags are listed once.
 */
export class Attachments {
  readonly #place: Source & Referrers;
  #tags: Promise<ReadonlyMap<string, readonly string[]>> | undefined;

  /** Asks nothing yet. @param place Where the images are. */
  constructor(place: Source & Referrers) {
    this.#place = place;
  }

  /** Lists what is about a manifest. */
  referrersOf(digest: Digest, options: CallOptions = {}): Promise<readonly Descriptor[]> {
    return Array.fromAsync(this.#place.referrers(digest, options));
  }

  /**
   * The tags that belong to a manifest. Where a registry lists no tags, those that cosign makes are
   * looked for one by one.
   */
  async tagsOf(digest: Digest, options: CallOptions = {}): Promise<readonly string[]> {
    this.#tags ??= this.#listTags(options);
    try {
      return (await this.#tags).get(digest) ?? [];
    } catch (error) {
      const isRefusal = error instanceof UnauthorizedError || error instanceof RegistryError ||
        error instanceof NotFoundError;
      if (!isRefusal) throw error;
    }
    const names = COSIGN_SUFFIXES.map((suffix) => `${digest.replace(":", "-")}${suffix}`);
    const found = await Promise.all(names.map((name) => this.#isThere(name, options)));
    return names.filter((_, position) => found[position]);
  }

  /** Opens what a tag or digest stands for. */
  open(name: string, options: CallOptions = {}): Promise<View> {
    return this.#place.open(name, options);
  }

  async #isThere(name: string, options: CallOptions): Promise<boolean> {
    try {
      await this.#place.open(name, options);
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      throw error;
    }
  }

  async #listTags(options: CallOptions): Promise<ReadonlyMap<string, readonly string[]>> {
    const tags = new Map<string, string[]>();
    for await (const name of this.#place.names(options)) {
      const [, algorithm, hex] = DIGEST_TAG.exec(name) ?? [];
      if (algorithm === undefined) continue;
      const digest = `${algorithm}:${hex}`;
      tags.set(digest, [...tags.get(digest) ?? [], name]);
    }
    return tags;
  }
}
