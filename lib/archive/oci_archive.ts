import { ANNOTATION } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseIndex } from "../oci/image_index.ts";
import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import type { CallOptions, ContentSource, FetchOptions } from "../layer/content_source.ts";
import type { View } from "../image/image.ts";
import { openView } from "../image/open_view.ts";
import type { Destination, Referrers, ReferrersOptions, Source } from "../store/store.ts";
import { digestsOfReferrers, readSubjects, referrersIn, type Subjects } from "../store/subjects.ts";
import type { Digest } from "../oci/digest.ts";
import { DocumentError, NotFoundError } from "../errors.ts";
import { ArchiveBlobs } from "./archive_blobs.ts";
import { INDEX_JSON } from "./oci_entries.ts";
import { OciArchiveWriter } from "./oci_archive_writer.ts";
import { OCI_FORM } from "./oci_form.ts";
import { openArchive, type OpenedArchive } from "./open_archive.ts";
import { type ArchiveTarget, labelOf, openOutput } from "./open_output.ts";

/** An OCI image layout in a tar, open for reading. */
export class OciArchive implements Source, ContentSource, Referrers, AsyncDisposable {
  /** How messages name the archive. */
  readonly label: string;
  readonly #opened: OpenedArchive;
  readonly #blobs: ArchiveBlobs;
  readonly #roots: readonly Descriptor[];
  #subjects: Promise<Subjects> | undefined;

  /** Use {@linkcode openOciArchive}. */
  constructor(opened: OpenedArchive, roots: readonly Descriptor[]) {
    this.label = opened.files.label;
    this.#opened = opened;
    this.#blobs = new ArchiveBlobs(opened.files);
    this.#roots = roots;
  }

  /**
   * Opens what a name stands for: a `ref.name`, the full name that containerd gives, or a digest
   * that the index lists.
   *
   * @throws {NotFoundError} When nothing has that name.
   * @throws {DocumentError} When different things have it, or none is given and there is not
   * exactly one root, apart from nameless ones that are about something.
   */
  async open(name?: string): Promise<View> {
    return openView(
      this.#blobs,
      name === undefined ? await this.#only() : await this.resolve(name),
    );
  }

  /**
   * Looks a name up without opening what it stands for.
   *
   * @throws {NotFoundError} When nothing has that name.
   * @throws {DocumentError} When different things have it.
   */
  resolve(name: string): Promise<Descriptor> {
    const named = distinct(
      this.#roots.filter((root) => root.digest === name || namesOf(root).includes(name)),
    );
    const [root] = named;
    if (root !== undefined && named.length === 1) return Promise.resolve(root);
    return Promise.reject(
      root === undefined
        ? new NotFoundError("image", name, this.label)
        : this.#ambiguous(`"${name}"`, named),
    );
  }

  /** The names in the archive, each once, in its order. */
  async *names(): AsyncGenerator<string> {
    yield* new Set(this.#roots.flatMap((root) => namesOf(root).slice(0, 1)));
  }

  /**
   * Opens content by its descriptor. The stream fails at its end unless size and digest hold.
   *
   * @throws {NotFoundError} When the archive does not have it: layouts may be incomplete.
   */
  fetch(descriptor: Descriptor, options?: FetchOptions): Promise<ReadableStream<Uint8Array>> {
    return this.#blobs.fetch(descriptor, options);
  }

  /** Lists what is about a manifest, of all that the index lists at any depth. */
  referrers(subject: Digest, options: ReferrersOptions = {}): AsyncGenerator<Descriptor> {
    return referrersIn(this.#readSubjects(), subject, options);
  }

  /** Removes what had to be decompressed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }

  #readSubjects(): Promise<Subjects> {
    return this.#subjects ??= readSubjects(this.#roots, {
      fetch: (descriptor) => this.fetch(descriptor),
      has: () => Promise.resolve(true),
    });
  }

  async #only(): Promise<Descriptor> {
    const all = distinct(this.#roots);
    const about = digestsOfReferrers(all.length < 2 ? new Map() : await this.#readSubjects());
    const roots = all.filter((root) => namesOf(root).length > 0 || !about.has(root.digest));
    const [root] = roots;
    if (root === undefined || roots.length > 1) throw this.#ambiguous("the only root", roots);
    return root;
  }

  #ambiguous(what: string, roots: readonly Descriptor[]): DocumentError {
    const names = roots.map((root) => namesOf(root).at(-1) ?? root.digest).join(", ");
    return new DocumentError(
      `Cannot open ${what} in ${this.label}: expected one, got ${roots.length}` +
        (names === "" ? "" : `; use one of these names: ${names}`),
    );
  }
}

/**
 * Opens an OCI image layout in a tar, whole or compressed with gzip or zstd. It is not unpacked.
 *
 * @throws {NotFoundError} When there is no such file.
 * @throws {TarError} When it is no tar.
 * @throws {DocumentError} When it has no `index.json`, or one that breaks its format.
 * @example
 * ```ts
 * import { createOciArchive, openOciArchive } from "@davit/davit/archive";
 * import { emptyImage } from "@davit/davit/image";
 * import { copy } from "@davit/davit/store";
 *
 * const path = await Deno.makeTempFile({ suffix: ".tar" });
 * await using written = await createOciArchive(path);
 * const { digest } = await copy(emptyImage(), written, { names: ["v1"] });
 * await written.commit();
 *
 * await using archive = await openOciArchive(path);
 * console.assert((await archive.resolve("v1")).digest === digest);
 * await Deno.remove(path);
 * ```
 */
export async function openOciArchive(
  path: string,
  options: CallOptions = {},
): Promise<OciArchive> {
  await using scope = new AsyncDisposableStack();
  const opened = scope.use(await openArchive(path, labelOf("oci-archive", path), options));
  const archive = await readOciArchive(opened, path);
  scope.move();
  return archive;
}

/** Reads what an archive lists that is open already; from then on, it is the result's to close. */
export async function readOciArchive(opened: OpenedArchive, path: string): Promise<OciArchive> {
  const bytes = await opened.files.bytes(INDEX_JSON, {
    what: INDEX_JSON,
    maxBytes: MAX_MANIFEST_BYTES,
  });
  if (bytes === undefined) {
    opened.files.refuseCut(`"${INDEX_JSON}"`);
    throw new DocumentError(
      `Cannot read ${opened.files.label}: expected an OCI layout with "${INDEX_JSON}", got none; ` +
        `an archive of docker save opens as "docker-archive:${path}"`,
    );
  }
  const { manifests } = parseIndex(bytes, MEDIA_TYPE.ociIndex);
  return new OciArchive(opened, manifests);
}

/**
 * Creates an OCI image layout in a tar: blobs, `index.json` and `oci-layout`. The same contents
 * give the same bytes, in whatever order they came.
 *
 * A name becomes `org.opencontainers.image.ref.name`, and the name of an image
 * `io.containerd.image.name` as well, so that containerd and Kubernetes know it.
 *
 * @param target The path of a file, which appears at `commit()`, or a stream, which is closed then.
 * Into a stream entries go in the order in which they come.
 * @throws {FileError} When no file can be made there.
 */
export async function createOciArchive(target: ArchiveTarget): Promise<Destination> {
  const output = await openOutput(target, OCI_FORM);
  return new OciArchiveWriter(labelOf("oci-archive", target), output);
}

function namesOf({ annotations = {} }: Descriptor): string[] {
  return [annotations[ANNOTATION.refName], annotations[ANNOTATION.containerdImageName]]
    .filter((name) => name !== undefined);
}

function distinct(roots: readonly Descriptor[]): Descriptor[] {
  return [...new Map(roots.map((root) => [root.digest, root])).values()];
}
