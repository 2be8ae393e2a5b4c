import { MissingContentError } from "../errors.ts";
import type { View } from "../image/image.ts";
import type { CallOptions, ContentSource } from "../layer/content_source.ts";
import type { Layer } from "../layer/layer.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { isImageConfigType, isStoredAsManifest } from "../oci/media_type.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import type { Content } from "./content.ts";
import type { Accepts, Destination, Holder, WriteOptions } from "./store.ts";

/** A layer, or other content that is no document, and the place that it is in. */
interface Part {
  readonly descriptor: Descriptor;
  readonly origin: ContentSource | undefined;
}

/**
 * The digests of all layers of an image, or of all images of an index, and of other blobs that an
 * index lists: what a receiver that has the image need not be sent.
 */
export async function layerDigestsOf(
  view: View,
  options: CallOptions = {},
): Promise<ReadonlySet<Digest>> {
  const parts = await Array.fromAsync(partsOf(view, options.signal));
  return new Set(parts.map(({ descriptor }) => descriptor.digest));
}

/**
 * A destination for somebody who has some content already: a delta. What is held is left out;
 * manifests and configs are small and always written, so that whoever receives the delta can tell
 * what it needs.
 *
 * @example
 * ```ts
 * import { copy, DeltaDestination, layerDigestsOf, MemoryStore } from "@davit/davit/store";
 * import { emptyImage } from "@davit/davit/image";
 *
 * const held = await layerDigestsOf(emptyImage());
 * await using delta = new DeltaDestination(new MemoryStore(), held);
 * await copy(emptyImage(), delta, { names: ["v2"] });
 * await delta.commit();
 * console.assert(delta.leftOut.size === 0);
 * ```
 */
export class DeltaDestination implements Destination {
  readonly #inner: Destination;
  readonly #held: ReadonlySet<Digest>;
  readonly #leftOut = new Map<Digest, Descriptor>();

  /** Wraps a destination, and owns it. @param inner Where the rest goes. @param held What is left out. */
  constructor(inner: Destination, held: ReadonlySet<Digest>) {
    this.#inner = inner;
    this.#held = held;
  }

  /** How messages name the place. */
  get label(): string {
    return this.#inner.label;
  }

  /** What the place can hold. */
  get accepts(): Accepts {
    return this.#inner.accepts;
  }

  /** What was left out so far, by digest. */
  get leftOut(): ReadonlyMap<Digest, Descriptor> {
    return this.#leftOut;
  }

  /** Says of what the receiver has that it need not be sent. */
  async has(descriptor: Descriptor, options?: CallOptions): Promise<boolean> {
    const { digest, mediaType } = descriptor;
    const isDocument = isStoredAsManifest(mediaType) || isImageConfigType(mediaType);
    if (isDocument || !this.#held.has(digest)) return await this.#inner.has(descriptor, options);
    this.#leftOut.set(digest, descriptor);
    return true;
  }

  /** Writes content. */
  write(content: Content, options?: WriteOptions): Promise<Descriptor> {
    return this.#inner.write(content, options);
  }

  /** Publishes what was written. */
  commit(options?: CallOptions): Promise<void> {
    return this.#inner.commit(options);
  }

  /** Leaves nothing behind unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}

/**
 * Refuses a copy of what is not whole: a delta, where the destination lacks what it was made
 * against. Only places on this machine are asked what they have; the destination is asked for the
 * rest. Nothing is written.
 *
 * @throws {MissingContentError} With the digests of all that neither has.
 */
export async function requireWhole(
  view: View,
  destination: Destination,
  options: CallOptions = {},
): Promise<void> {
  const missing = new Set<Digest>();
  for await (const { descriptor, origin } of partsOf(view, options.signal)) {
    const isElsewhere = origin === undefined || !isHolder(origin) || descriptor.urls !== undefined;
    if (isElsewhere || missing.has(descriptor.digest) || await origin.holds(descriptor)) continue;
    if (!await destination.has(descriptor, options)) missing.add(descriptor.digest);
  }
  if (missing.size > 0) throw new MissingContentError([...missing], destination.label);
}

async function* partsOf(view: View, signal: AbortSignal | undefined): AsyncGenerator<Part> {
  const seen = new Set<View>();
  const ahead: View[] = [view];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (next.kind === "index") {
      ahead.push(...await untilAborted(next.children(), signal));
    } else if (next.kind === "image") {
      for (const layer of await untilAborted(next.layers(), signal)) {
        yield { descriptor: await describeLayer(layer), origin: layer.origin };
      }
    } else {
      yield { descriptor: await next.descriptor(), origin: undefined };
    }
  }
}

async function describeLayer(layer: Layer): Promise<Descriptor> {
  if (layer.descriptor !== undefined) return layer.descriptor;
  const [digest, size] = [await layer.digest(), await layer.size()];
  return { mediaType: layer.mediaType, digest, size };
}

function isHolder(origin: ContentSource): origin is ContentSource & Holder {
  return "holds" in origin && typeof origin.holds === "function";
}
