import type { View } from "../image/image.ts";
import type { CallOptions, ContentSource } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Content } from "./content.ts";
import { copy, type CopyOptions } from "./copy.ts";
import type { Outcome } from "./events.ts";
import { knowsReferrers, requireReferrers } from "./knows_referrers.ts";
import { receive } from "./receive.ts";
import type {
  Accepts,
  Destination,
  Mounter,
  Referrers,
  ReferrersOptions,
  Store,
  WriteOptions,
} from "./store.ts";

/** What would become of one content. */
export interface PlannedTransfer {
  /** How it would come to be in the destination. */
  readonly outcome: Outcome;
  /** The content. */
  readonly descriptor: Descriptor;
  /** The names that it would get. */
  readonly names?: readonly string[];
}

/** What a copy would do. */
export interface CopyPlan {
  /** The root, as it would be at the destination. */
  readonly descriptor: Descriptor;
  /** Every content that the copy would look at, each once. */
  readonly transfers: readonly PlannedTransfer[];
}

/**
 * Works out what `copy` would do, and does none of it: the destination is asked what it has, and
 * nothing is written. Whether a registry takes a mount is not known before it is asked to: one
 * within a registry counts as taken. Layers that would be converted on the way are converted and
 * thrown away, for nothing else tells their size.
 *
 * @throws {PlatformError} As `copy` does.
 * @example
 * ```ts
 * import { MemoryStore, planCopy } from "@davit/davit/store";
 * import { emptyImage } from "@davit/davit/image";
 *
 * await using store = new MemoryStore();
 * const { transfers } = await planCopy(emptyImage(), store, { names: ["nothing"] });
 * console.assert(transfers.every(({ outcome }) => outcome === "sent"));
 * ```
 */
export async function planCopy(
  view: View,
  destination: Destination,
  options: CopyOptions = {},
): Promise<CopyPlan> {
  if (options.attachments !== undefined) requireReferrers(destination);
  const rehearsal = new Rehearsal(destination);
  const planned = new Map<Digest, PlannedTransfer>();
  const descriptor = await copy(view, rehearsal, {
    ...options,
    onEvent(event) {
      options.onEvent?.(event);
      if (event.kind !== "done") return;
      const { outcome, descriptor } = event;
      const names = rehearsal.namesOf(descriptor.digest);
      const there = names.length > 0 && rehearsal.hasNames(descriptor.digest);
      planned.set(descriptor.digest, {
        outcome: there ? "exists" : outcome,
        descriptor,
        ...(names.length === 0 ? {} : { names }),
      });
    },
  });
  return { descriptor, transfers: [...planned.values()] };
}

/** A destination that is asked, and told nothing. */
class Rehearsal implements Destination, Mounter, Referrers {
  readonly label: string;
  readonly accepts: Accepts;
  readonly #place: Destination & Partial<Mounter & Store>;
  readonly #names = new Map<Digest, readonly string[]>();
  readonly #named = new Set<Digest>();

  constructor(place: Destination) {
    this.#place = place;
    this.label = place.label;
    this.accepts = place.accepts;
  }

  /** The names that content would get. */
  namesOf(digest: Digest): readonly string[] {
    return this.#names.get(digest) ?? [];
  }

  /** Says whether content has all of its names already. */
  hasNames(digest: Digest): boolean {
    return this.#named.has(digest);
  }

  has(descriptor: Descriptor, options?: CallOptions): Promise<boolean> {
    return this.#place.has(descriptor, options);
  }

  async write(content: Content, options: WriteOptions = {}): Promise<Descriptor> {
    const descriptor = content.descriptor ?? await receive(content, () => {}, options);
    const { names = [], signal } = options;
    if (names.length > 0) {
      this.#names.set(descriptor.digest, names);
      const found = await Promise.all(names.map((name) => this.#find(name, signal)));
      if (found.every((digest) => digest === descriptor.digest)) this.#named.add(descriptor.digest);
    }
    return descriptor;
  }

  mount(_: Descriptor, from: ContentSource): Promise<boolean> {
    return Promise.resolve(this.canMount(from));
  }

  canMount(from: ContentSource): boolean {
    return this.#place.canMount?.(from) === true;
  }

  async resolve(name: string, options: CallOptions = {}): Promise<Descriptor | undefined> {
    return await this.#place.resolve?.(name, options);
  }

  async *referrers(subject: Digest, options: ReferrersOptions = {}): AsyncGenerator<Descriptor> {
    if (knowsReferrers(this.#place)) yield* this.#place.referrers(subject, options);
  }

  commit(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #find(name: string, signal?: AbortSignal): Promise<Digest | undefined> {
    try {
      return (await this.#place.resolve?.(name, signal === undefined ? {} : { signal }))?.digest;
    } catch {
      signal?.throwIfAborted();
      return undefined;
    }
  }
}
