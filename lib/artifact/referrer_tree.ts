import { LimitExceededError } from "../errors.ts";
import type { View } from "../image/image.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { present } from "../oci/present.ts";
import type { Referrers } from "../store/store.ts";

/** A manifest, with all that is about it. */
export interface ReferrerNode {
  /** The manifest, as the list that it was found in has it. */
  readonly descriptor: Descriptor;
  /** Of an index: what it lists. */
  readonly manifests?: readonly ReferrerNode[];
  /** What is about the manifest, and about that in turn. */
  readonly referrers: readonly ReferrerNode[];
}

/** Options of {@linkcode readReferrerTree}. */
export interface ReferrerTreeOptions extends CallOptions {
  /** Shows what is about the manifests themselves by this type only. */
  readonly artifactType?: string;
}

/** A place may invent referrers of referrers without end. */
const MAX_NODES = 10_000;

/**
 * Reads what is about an image, about each image of an index, and about that in turn.
 *
 * @throws {LimitExceededError} Beyond 10,000 manifests.
 */
export async function readReferrerTree(
  view: View,
  place: Referrers,
  options: ReferrerTreeOptions = {},
): Promise<ReferrerNode> {
  return await new TreeReader(place, options).read(view);
}

class TreeReader {
  readonly #place: Referrers;
  readonly #options: ReferrerTreeOptions;
  readonly #above: Set<Digest> = new Set();
  #count = 0;

  constructor(place: Referrers, options: ReferrerTreeOptions) {
    this.#place = place;
    this.#options = options;
  }

  async read(view: View): Promise<ReferrerNode> {
    const descriptor = await view.descriptor();
    const node = await this.#readReferrers(descriptor, this.#options.artifactType);
    if (view.kind !== "index") return node;
    const manifests: ReferrerNode[] = [];
    for (const child of await view.children()) manifests.push(await this.read(child));
    return { descriptor, manifests, referrers: node.referrers };
  }

  async #readReferrers(descriptor: Descriptor, artifactType?: string): Promise<ReferrerNode> {
    const { digest } = descriptor;
    if (this.#above.has(digest)) return { descriptor, referrers: [] };
    if (++this.#count > MAX_NODES) throw new LimitExceededError("a tree of referrers", MAX_NODES);
    this.#above.add(digest);
    const { signal } = this.#options;
    const referrers: ReferrerNode[] = [];
    for await (const found of this.#place.referrers(digest, present({ artifactType, signal }))) {
      referrers.push(await this.#readReferrers(found));
    }
    this.#above.delete(digest);
    return { descriptor, referrers };
  }
}
