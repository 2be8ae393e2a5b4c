import { LimitExceededError, NotFoundError } from "../errors.ts";
import type { View } from "../image/image.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Attachments } from "./attachments.ts";
import { requireReferrers } from "./knows_referrers.ts";
import type { Destination, Referrers, Store } from "./store.ts";
import type { Transfers } from "./transfer.ts";

/** How a copy brings a view to its destination. */
export type CopyView = (view: View, names: readonly string[]) => Promise<Descriptor>;

/** More than this about one image is a place that invents them. */
const MAX_ATTACHMENTS = 10_000;

/**
 * Copies what belongs to the manifests of a view: referrers, and theirs in turn, and what tags tie
 * to a digest. What the destination has is not sent again.
 */
export class AttachmentCopy {
  readonly #attachments: Attachments;
  readonly #destination: Destination & Referrers;
  readonly #transfers: Transfers;
  readonly #copyView: CopyView;
  readonly #seen: Set<Digest> = new Set();

  /**
   * @param copyView Copies a view under names; without any, as what it is about.
   * @throws {UnsupportedError} When the destination cannot tell what is about an image.
   */
  constructor(
    attachments: Attachments,
    destination: Destination,
    transfers: Transfers,
    copyView: CopyView,
  ) {
    this.#attachments = attachments;
    this.#destination = requireReferrers(destination);
    this.#transfers = transfers;
    this.#copyView = copyView;
  }

  /** Copies what belongs to a view that the destination has, and to all that the view lists. */
  async copyOf(view: View): Promise<void> {
    if (view.kind === "blob") return;
    const { digest } = await view.descriptor();
    if (this.#seen.has(digest)) return;
    this.#seen.add(digest);
    if (this.#seen.size > MAX_ATTACHMENTS) {
      throw new LimitExceededError("what belongs to one image", MAX_ATTACHMENTS);
    }
    const children = view.kind === "index" ? await this.#transfers.read(() => view.children()) : [];
    await Promise.all([
      ...children.map((child) => this.copyOf(child)),
      this.#copyReferrers(digest),
      this.#copyTags(digest),
    ]);
  }

  async #copyReferrers(digest: Digest): Promise<void> {
    const found = await this.#transfers.read(() => this.#attachments.referrersOf(digest));
    if (found.length === 0) return;
    const listed = await this.#transfers.read(() =>
      Array.fromAsync(this.#destination.referrers(digest))
    );
    const there = new Set(listed.map((referrer) => referrer.digest));
    await Promise.all(found.map(async (referrer) => {
      const view = await this.#open(referrer.digest);
      if (view === undefined) return this.#transfers.note("skipped", referrer);
      if (there.has(referrer.digest)) this.#transfers.note("exists", referrer);
      else await this.#copyView(view, []);
      await this.copyOf(view);
    }));
  }

  async #copyTags(digest: Digest): Promise<void> {
    const tags = await this.#transfers.read(() => this.#attachments.tagsOf(digest));
    await Promise.all(tags.map(async (tag) => {
      const view = await this.#open(tag);
      if (view === undefined) return;
      const descriptor = await view.descriptor();
      const there = await this.#transfers.read(() => this.#find(tag));
      if (there === descriptor.digest) this.#transfers.note("exists", descriptor);
      else await this.#copyView(view, [tag]);
      await this.copyOf(view);
    }));
  }

  /** A list may name what is not there any more: then there is nothing to copy. */
  async #open(name: string): Promise<View | undefined> {
    try {
      return await this.#transfers.read(() => this.#attachments.open(name));
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      return undefined;
    }
  }

  async #find(name: string): Promise<Digest | undefined> {
    const place: Destination & Partial<Store> = this.#destination;
    try {
      return (await place.resolve?.(name))?.digest;
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      return undefined;
    }
  }
}
