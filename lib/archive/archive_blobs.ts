import type { Descriptor } from "../oci/descriptor.ts";
import type { ContentSource, FetchOptions } from "../layer/content_source.ts";
import type { Holder } from "../store/store.ts";
import { abortable } from "../stream/abortable.ts";
import { verify } from "../stream/verify.ts";
import { NotFoundError, SizeMismatchError } from "../errors.ts";
import type { ArchiveFiles } from "./archive_files.ts";
import { blobPath } from "./oci_entries.ts";

/** The blobs of an OCI layout that lies in an archive. */
export class ArchiveBlobs implements ContentSource, Holder {
  readonly #files: ArchiveFiles;

  constructor(files: ArchiveFiles) {
    this.#files = files;
  }

  /** What an archive lacks that is cut short is not lacking on purpose. */
  async has({ digest }: Descriptor): Promise<boolean> {
    if (await this.#files.find(blobPath(digest)) !== undefined) return true;
    this.#files.refuseCut(`blob "${digest}"`);
    return false;
  }

  holds(descriptor: Descriptor): Promise<boolean> {
    return this.has(descriptor);
  }

  async fetch(
    descriptor: Descriptor,
    options: FetchOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const { digest, size } = descriptor;
    const { offset = 0, signal } = options;
    const found = await this.#files.find(blobPath(digest));
    if (found === undefined) {
      this.#files.refuseCut(`blob "${digest}"`);
      throw new NotFoundError("blob", digest, this.#files.label);
    }
    if (found.size !== size) throw new SizeMismatchError(size, found.size, { digest });
    const bytes = found.open(offset);
    return abortable(offset === 0 ? verify(bytes, descriptor) : bytes, signal);
  }
}
