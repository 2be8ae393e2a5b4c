import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import {
  compressionOf,
  isImageConfigType,
  isIndexType,
  isStoredAsManifest,
} from "../oci/media_type.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { readAll } from "../stream/read_all.ts";
import type { Content } from "../store/content.ts";
import type { Accepts, Destination, WriteOptions } from "../store/store.ts";
import { UnsupportedError } from "../errors.ts";
import type { ArchivedBlob, ArchiveForm, Root } from "./archive_form.ts";
import { IncomingContent, openVerified } from "./incoming_content.ts";
import type { TarOutput } from "./tar_output.ts";

/**
 * Writes an archive of any form. Blobs go out as they come; documents are small and wait for
 * `commit()`, which has the form arrange the whole.
 */
export class ArchiveWriter implements Destination {
  /** How messages name the archive. */
  readonly label: string;
  readonly #form: ArchiveForm;
  readonly #output: TarOutput;
  readonly #roots = new Map<Digest, { descriptor: Descriptor; names: Set<string> }>();
  readonly #documents = new Map<Digest, Uint8Array>();
  readonly #blobs = new Map<Digest, ArchivedBlob>();
  readonly #underWay = new Map<Digest, Promise<Descriptor>>();

  /**
   * Nothing is written yet.
   *
   * @param output Owned from here on: disposed of with the writer.
   */
  constructor(label: string, form: ArchiveForm, output: TarOutput) {
    this.label = label;
    this.#form = form;
    this.#output = output;
  }

  /** What the form can hold. */
  get accepts(): Accepts {
    return this.#form.accepts;
  }

  /** Says whether the content was written into this archive. */
  has({ digest }: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#documents.has(digest) || this.#blobs.has(digest));
  }

  /** Writes content once, however often it comes; a name is the form's way to say it. */
  async write(content: Content, options: WriteOptions = {}): Promise<Descriptor> {
    this.#refuseUnreadable(content.mediaType);
    const names = options.names?.map((name) => this.#form.toName(name));
    const written = await this.#writeOnce(content, options);
    if (names !== undefined) {
      this.#name(written, names.filter((name) => name !== undefined));
    }
    return written;
  }

  /** The bytes of a document that was written. */
  protected documentOf(digest: Digest): Uint8Array | undefined {
    return this.#documents.get(digest);
  }

  /** Has the form arrange all that was written, and publishes it. */
  async commit(options: CallOptions = {}): Promise<void> {
    const entries = await this.#form.arrange({
      roots: this.#sortedRoots(),
      documents: this.#documents,
      blobs: this.#blobs,
    });
    await this.#output.finish(entries, options);
  }

  /** Leaves nothing behind unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#output[Symbol.asyncDispose]();
  }

  #writeOnce(content: Content, options: CallOptions): Promise<Descriptor> {
    const digest = content.descriptor?.digest;
    const underWay = digest === undefined ? undefined : this.#underWay.get(digest);
    if (underWay !== undefined) return underWay;
    const writing = isDocument(content.mediaType)
      ? this.#writeDocument(content, options)
      : this.#writeBlob(content, options);
    if (digest !== undefined) {
      this.#underWay.set(digest, writing);
      writing.catch(() => this.#underWay.delete(digest));
    }
    return writing;
  }

  async #writeDocument(content: Content, options: CallOptions): Promise<Descriptor> {
    const maxBytes = isImageConfigType(content.mediaType) ? MAX_CONFIG_BYTES : MAX_MANIFEST_BYTES;
    const what = `the "${content.mediaType}" for ${this.label}`;
    const bytes = await readAll(await openVerified(content), { ...options, maxBytes, what });
    const written = await content.sealed();
    this.#documents.set(written.digest, bytes);
    return written;
  }

  async #writeBlob(content: Content, options: CallOptions): Promise<Descriptor> {
    const incoming = new IncomingContent(content, { plain: this.#form.plainLayers === true });
    await this.#output.add(incoming, options);
    const written = await content.sealed();
    this.#blobs.set(written.digest, { diffId: incoming.diffId });
    return written;
  }

  #refuseUnreadable(mediaType: string): void {
    const { compressions, index } = this.#form.accepts;
    const compression = compressionOf(mediaType);
    if (isIndexType(mediaType) ? index : compression === undefined) return;
    if (compression !== undefined && compressions.includes(compression)) return;
    throw new UnsupportedError(
      `Cannot write "${mediaType}" into ${this.label}: expected single images with layers ` +
        `compressed by ${compressions.join(" or ")}`,
    );
  }

  /** The newest owner of a name keeps it, as a tag moves. */
  #name(descriptor: Descriptor, names: readonly string[]): void {
    const root = this.#roots.get(descriptor.digest) ?? { descriptor, names: new Set() };
    this.#roots.set(descriptor.digest, root);
    for (const name of names) {
      for (const other of this.#roots.values()) other.names.delete(name);
      root.names.add(name);
    }
  }

  #sortedRoots(): Root[] {
    const key = ({ names, descriptor }: Root) => [names.join(), descriptor.digest].join("\n");
    return [...this.#roots.values()]
      .map(({ descriptor, names }) => ({ descriptor, names: [...names].sort() }))
      .sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }
}

/** Content that is read whole: it is small, and forms look into it. */
function isDocument(mediaType: string): boolean {
  return isStoredAsManifest(mediaType) || isImageConfigType(mediaType);
}
