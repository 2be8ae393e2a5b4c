import { DocumentError, NotFoundError } from "../errors.ts";
import type { View } from "../image/image.ts";
import { openView } from "../image/open_view.ts";
import type { CallOptions, FetchOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import type { Content } from "./content.ts";
import { receive } from "./receive.ts";
import type {
  Accepts,
  Deleter,
  Referrers,
  ReferrersOptions,
  Store,
  WriteOptions,
} from "./store.ts";
import { readSubjects, referrersIn } from "./subjects.ts";

interface Root {
  readonly descriptor: Descriptor;
  readonly names: readonly string[];
}

/**
 * A store in this process's memory: for tests, for building without a disk, and as the ground of a
 * registry that forgets.
 *
 * Content can be fetched as soon as it is written; names and roots appear with `commit()`.
 * Disposing of the store drops what was written since the last commit and keeps the rest.
 *
 * @example
 * ```ts
 * import { bytesContent, describeBytes, MemoryStore } from "@davit/davit/store";
 *
 * await using store = new MemoryStore();
 * const bytes = new TextEncoder().encode("hello");
 * const descriptor = await describeBytes(bytes, "text/plain");
 * await store.write(bytesContent(bytes, descriptor), { names: ["greeting"] });
 * await store.commit();
 * const { digest } = await store.resolve("greeting");
 * console.assert(digest === descriptor.digest);
 * ```
 */
export class MemoryStore implements Store, Deleter, Referrers {
  /** How messages name this place. */
  readonly label: string;
  /** Everything. */
  readonly accepts: Accepts = {
    index: true,
    compressions: ["none", "gzip", "zstd"],
  };
  readonly #content = new Map<Digest, readonly Uint8Array[]>();
  readonly #names = new Map<string, Descriptor>();
  readonly #roots = new Map<Digest, Descriptor>();
  #fresh = new Set<Digest>();
  #pending: Root[] = [];

  /**
   * An empty store.
   *
   * @param label How messages name this place; `memory` unless said.
   */
  constructor(label = "memory") {
    this.label = label;
  }

  /** Looks up a name, or the digest of a root. */
  resolve(name: string, options: CallOptions = {}): Promise<Descriptor> {
    return Promise.try(() => {
      options.signal?.throwIfAborted();
      const descriptor = this.#names.get(name) ??
        (isDigest(name) ? this.#roots.get(name) : undefined);
      if (descriptor === undefined) throw new NotFoundError("image", name, this.label);
      return descriptor;
    });
  }

  /** Opens what a name or a root's digest stands for; without a name, the only root there is. */
  async open(name?: string, options: CallOptions = {}): Promise<View> {
    options.signal?.throwIfAborted();
    return openView(this, name === undefined ? this.#onlyRoot() : await this.resolve(name));
  }

  /** The names, in the order in which they were first given. */
  async *names(): AsyncGenerator<string> {
    yield* this.#names.keys();
  }

  /** Opens content from an offset on. Nothing is verified again: it was when it was written. */
  fetch(
    descriptor: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    return Promise.try(() => {
      const { offset = 0, signal } = options;
      signal?.throwIfAborted();
      const chunks = this.#content.get(descriptor.digest);
      if (chunks === undefined) throw new NotFoundError("blob", descriptor.digest, this.label);
      return ReadableStream.from(skip(chunks, offset));
    });
  }

  /** Says whether the content is there. */
  has(descriptor: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#content.has(descriptor.digest));
  }

  /** Keeps content, verified as it passes. */
  async write(content: Content, options: WriteOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    const known = content.descriptor;
    const descriptor = known !== undefined && this.#content.has(known.digest)
      ? known
      : await this.#keep(content, options);
    if (options.names !== undefined) this.#pending.push({ descriptor, names: options.names });
    return descriptor;
  }

  /** Publishes the roots that were written. A root whose last name moves away is a root no more. */
  commit(): Promise<void> {
    for (const { descriptor, names } of this.#pending) {
      for (const name of names) this.#forget(name);
      this.#roots.set(descriptor.digest, descriptor);
      for (const name of names) this.#names.set(name, descriptor);
    }
    this.#pending = [];
    this.#fresh = new Set();
    return Promise.resolve();
  }

  /**
   * Removes a name (and the root, if it was its last name), or by digest a root with all its names.
   * Content stays.
   *
   * @throws {NotFoundError} When there is neither.
   */
  async delete(name: string, options: CallOptions = {}): Promise<void> {
    const { digest } = await this.resolve(name, options);
    if (this.#forget(name)) return;
    this.#roots.delete(digest);
    for (const key of this.#namesOf(digest)) this.#names.delete(key);
  }

  /** Lists what is about a manifest, of all that the roots list at any depth. */
  referrers(subject: Digest, options: ReferrersOptions = {}): AsyncGenerator<Descriptor> {
    return referrersIn(readSubjects(this.#roots.values(), this), subject, options);
  }

  /** Drops what was written since the last commit. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const digest of this.#fresh) this.#content.delete(digest);
    this.#fresh = new Set();
    this.#pending = [];
    return Promise.resolve();
  }

  async #keep(content: Content, options: CallOptions): Promise<Descriptor> {
    const chunks: Uint8Array[] = [];
    const descriptor = await receive(content, (chunk) => void chunks.push(chunk.slice()), options);
    if (!this.#content.has(descriptor.digest)) {
      this.#content.set(descriptor.digest, chunks);
      this.#fresh.add(descriptor.digest);
    }
    return descriptor;
  }

  #forget(name: string): boolean {
    const digest = this.#names.get(name)?.digest;
    if (digest === undefined) return false;
    this.#names.delete(name);
    if (this.#namesOf(digest).length === 0) this.#roots.delete(digest);
    return true;
  }

  #namesOf(digest: Digest): readonly string[] {
    return [...this.#names].filter(([, root]) => root.digest === digest).map(([name]) => name);
  }

  #onlyRoot(): Descriptor {
    const [root] = this.#roots.values();
    if (root !== undefined && this.#roots.size === 1) return root;
    throw new DocumentError(
      `Cannot open ${this.label} without a name: expected exactly one image, got ` +
        `${this.#roots.size}; give one of its names`,
    );
  }
}

function* skip(chunks: readonly Uint8Array[], offset: number): Generator<Uint8Array> {
  let left = offset;
  for (const chunk of chunks) {
    if (left < chunk.length) yield chunk.slice(left);
    left = Math.max(0, left - chunk.length);
  }
}
