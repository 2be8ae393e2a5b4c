import { DocumentError, NotFoundError } from "../errors.ts";
import type { Index, View } from "../image/image.ts";
import { openView } from "../image/open_view.ts";
import type { CallOptions, FetchOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { parseIndex } from "../oci/image_index.ts";
import { setJson } from "../oci/json.ts";
import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import { type Content, describeBytes } from "../store/content.ts";
import { isResumable, isWorthKeeping, MIN_KEPT_BYTES } from "../store/resume.ts";
import { listed } from "../store/listed.ts";
import type {
  Accepts,
  Deleter,
  Holder,
  Referrers,
  ReferrersOptions,
  Store,
  WriteOptions,
} from "../store/store.ts";
import { digestsOfReferrers, readSubjects, referrersIn, type Subjects } from "../store/subjects.ts";
import { abortable } from "../stream/abortable.ts";
import { readAll } from "../stream/read_all.ts";
import { verify } from "../stream/verify.ts";
import { BlobDirectory } from "./blob_directory.ts";
import { IndexFile } from "./index_file.ts";
import { prepareLayout } from "./layout_files.ts";
import { receiveInto } from "./receive_into.ts";
import { removeStalePartials } from "./partial_file.ts";
import { readRange } from "./read_range.ts";
import { restOf } from "./rest_of.ts";
import { Roots } from "./roots.ts";

interface Pending {
  readonly descriptor: Descriptor;
  readonly names: readonly string[];
}

/**
 * An OCI image-layout directory as a store. Its names are the `org.opencontainers.image.ref.name`
 * of its `index.json`.
 *
 * Blobs get their names when they are whole and verified; a blob of another size than its
 * descriptor's, which a crash of another tool may have left, is written anew. What came of a large
 * blob before the connection broke or the process died waits as `ALGORITHM-HEX.part` in the
 * directory, and the next attempt fetches the rest of it. `commit()` publishes
 * the roots in one step, also while other processes write to the same layout. Nothing is created
 * before the first write.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-layout.md image-spec, image layout}
 */
export class Layout implements Store, Deleter, Holder, Referrers {
  /** How messages name this place: `oci:DIR`. */
  readonly label: string;
  /** Everything. */
  readonly accepts: Accepts = { index: true, compressions: ["none", "gzip", "zstd"] };
  /** The directory. */
  readonly path: string;
  readonly #blobs: BlobDirectory;
  readonly #index: IndexFile;
  #exists: boolean;
  #preparing: Promise<void> | undefined;
  #pending: Pending[] = [];
  #subjects: { readonly roots: Roots; readonly read: Promise<Subjects> } | undefined;

  /**
   * Use `openLayout` or `createLayout`, which look whether the directory can be one.
   *
   * @param path The directory.
   * @param exists Whether it is a layout already.
   */
  constructor(path: string, exists: boolean) {
    this.path = path;
    this.label = `oci:${path}`;
    this.#blobs = new BlobDirectory(path);
    this.#index = new IndexFile(path);
    this.#exists = exists;
  }

  /**
   * Looks up a name: a `ref.name`, a full name as containerd writes it, or the digest of something
   * that the index lists at any depth.
   */
  async resolve(name: string, options: CallOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    const roots = await this.#roots();
    const descriptor = roots.named(name)?.descriptor ??
      (isDigest(name) ? await this.#find(roots, name, options) : undefined);
    if (descriptor === undefined) throw new NotFoundError("image", name, this.label);
    return descriptor;
  }

  /** Opens what a name or digest stands for; without a name, the only root there is,
   * apart from nameless ones that are about something.
   */
  async open(name?: string, options: CallOptions = {}): Promise<View> {
    const descriptor = name === undefined
      ? await this.#onlyRoot(await this.#roots())
      : await this.resolve(name, options);
    return openView(this, descriptor);
  }

  /** Opens all roots together: `index.json` as an index, with the media type that it may lack. */
  async openIndex(): Promise<Index> {
    const mediaType = MEDIA_TYPE.ociIndex;
    const text = setJson((await this.#roots()).format(), ["mediaType"], mediaType);
    const bytes = new TextEncoder().encode(text);
    const { manifests } = parseIndex(bytes, mediaType);
    return {
      kind: "index",
      descriptor: () => describeBytes(bytes, mediaType),
      manifest: () => Promise.resolve(bytes),
      children: () => Promise.resolve(manifests.map((child) => openView(this, child))),
    };
  }

  /** The names, each once, in the order of the index. */
  async *names(options: CallOptions = {}): AsyncGenerator<string> {
    options.signal?.throwIfAborted();
    const names = [...await this.#roots()].map(({ name }) => name);
    yield* new Set(names.filter((name) => name !== undefined));
  }

  /** Opens a blob; from an offset on, only its size is verified. */
  async fetch(
    descriptor: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const { offset = 0, signal } = options;
    signal?.throwIfAborted();
    const file = await this.#blobs.open(descriptor.digest);
    if (offset === 0) return abortable(verify(await readRange(file), descriptor), signal);
    const rest = await readRange(file, { start: offset });
    return abortable(restOf(rest, descriptor, offset), signal);
  }

  /** Says whether the blob is there in the right size. */
  has(descriptor: Descriptor): Promise<boolean> {
    return Promise.try(() => this.#blobs.size(descriptor.digest) === descriptor.size);
  }

  /** A layout may lack parts of its images. A blob of the wrong size is not missing but broken. */
  holds({ digest }: Descriptor): Promise<boolean> {
    return Promise.try(() => this.#blobs.size(digest) !== undefined);
  }

  /** Writes a blob, verified as it passes, unless it is there. */
  async write(content: Content, options: WriteOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    const known = content.descriptor;
    const descriptor = known !== undefined && await this.has(known)
      ? known
      : await this.#receive(content, options);
    if (options.names !== undefined) this.#pending.push({ descriptor, names: options.names });
    return descriptor;
  }

  /** Puts the roots that were written into the index. A root that loses its last name goes. */
  async commit(options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    try {
      await this.#prepare();
      await this.#index.edit((roots) =>
        pending.reduce(
          (edited, { descriptor, names }) =>
            edited.with(descriptor, names, { keepNameless: false }),
          roots,
        )
      );
    } catch (error) {
      this.#pending.unshift(...pending);
      throw error;
    }
  }

  /**
   * Removes a name (and the root, if it was its last name), or by digest a root with all its names.
   * Blobs stay.
   *
   * @throws {NotFoundError} When the index has neither.
   */
  async delete(name: string, options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    const missing = new NotFoundError("image", name, this.label);
    if (!this.#exists) throw missing;
    await this.#index.edit((roots) => {
      const found = roots.named(name)?.name;
      if (found !== undefined) return roots.withoutName(found, { keepNameless: false });
      if (isDigest(name) && roots.of(name) !== undefined) return roots.withoutDigest(name);
      throw missing;
    });
  }

  /** Lists what is about a manifest, of all that the index lists at any depth. */
  async *referrers(subject: Digest, options: ReferrersOptions = {}): AsyncGenerator<Descriptor> {
    options.signal?.throwIfAborted();
    yield* referrersIn(this.#readSubjects(await this.#roots()), subject, options);
  }

  /** Forgets the roots that were not committed. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#pending = [];
    return Promise.resolve();
  }

  async #receive(content: Content, options: CallOptions): Promise<Descriptor> {
    await this.#prepare();
    const known = isResumable(content) ? content.descriptor : undefined;
    await using file = known === undefined
      ? await this.#blobs.create()
      : await this.#blobs.resume(known.digest);
    try {
      const descriptor = await receiveInto(file, content, options);
      await file.publish(this.#blobs.locate(descriptor.digest));
      return descriptor;
    } catch (error) {
      const isMuch = known !== undefined && file.size >= MIN_KEPT_BYTES;
      if (isMuch && isWorthKeeping(error, options.signal)) file.keep();
      throw error;
    }
  }

  #prepare(): Promise<void> {
    return this.#preparing ??= (async () => {
      await prepareLayout(this.path);
      await removeStalePartials(this.path);
      this.#exists = true;
    })().catch((error) => {
      this.#preparing = undefined;
      throw error;
    });
  }

  #roots(): Promise<Roots> {
    return this.#exists ? this.#index.read() : Promise.resolve(Roots.empty());
  }

  async #find(
    roots: Roots,
    digest: Digest,
    options: CallOptions,
  ): Promise<Descriptor | undefined> {
    const all = listed(
      [...roots].map(({ descriptor }) => descriptor),
      (index) => this.#children(index, options),
    );
    for await (const descriptor of all) if (descriptor.digest === digest) return descriptor;
  }

  async #children(index: Descriptor, options: CallOptions): Promise<readonly Descriptor[]> {
    if (!await this.has(index)) return [];
    const bytes = await readAll(await this.fetch(index, options), {
      maxBytes: MAX_MANIFEST_BYTES,
      what: `index "${index.digest}"`,
    });
    return parseIndex(bytes, index.mediaType).manifests;
  }

  #readSubjects(roots: Roots): Promise<Subjects> {
    if (this.#subjects?.roots !== roots) {
      const descriptors = [...roots].map(({ descriptor }) => descriptor);
      this.#subjects = { roots, read: readSubjects(descriptors, this) };
    }
    return this.#subjects.read;
  }

  async #onlyRoot(roots: Roots): Promise<Descriptor> {
    const isAlone = [...roots].length < 2;
    const about = digestsOfReferrers(isAlone ? new Map() : await this.#readSubjects(roots));
    const [root, other] = [...roots].filter(({ name, descriptor }) =>
      name !== undefined || !about.has(descriptor.digest)
    );
    if (root !== undefined && other === undefined) return root.descriptor;
    const names = [...roots].map(({ name, descriptor }) => name ?? descriptor.digest);
    throw new DocumentError(
      `Cannot open ${this.label} without a name: expected exactly one image, got ` +
        (names.length === 0 ? "none" : `${names.length}; give one of: ${names.join(", ")}`),
    );
  }
}
