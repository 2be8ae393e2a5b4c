import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Accepts } from "../store/store.ts";

/** An entry of a finished archive: a document, or a blob that was written before. */
export interface ArchiveEntry {
  /** The path in the archive. */
  readonly name: string;
  /** The bytes, or the digest under which they were written. */
  readonly body: Uint8Array | Digest;
}

/** What an archive names. */
export interface Root {
  /** The manifest or index. */
  readonly descriptor: Descriptor;
  /** Its names, sorted; none for a root that only its digest tells. */
  readonly names: readonly string[];
}

/** A blob in the archive that is being written. */
export interface ArchivedBlob {
  /** The digest of the layer's tar, in a form that keeps layers plain. */
  readonly diffId: Digest | undefined;
}

/** All that was written into an archive. */
export interface ArchiveContents {
  /** What has names, sorted by them, then by digest. */
  readonly roots: readonly Root[];
  /** Manifests, indexes and image configs, by digest. */
  readonly documents: ReadonlyMap<Digest, Uint8Array>;
  /** Everything else, by digest. */
  readonly blobs: ReadonlyMap<Digest, ArchivedBlob>;
}

/** One way to arrange images in a tar. */
export interface ArchiveForm {
  /** What can be put into it. */
  readonly accepts: Accepts;
  /** Whether layers are kept as the plain tars that their diff IDs name. */
  readonly plainLayers?: boolean;
  /** Whether a blob may stand wherever it was written, so that a pipe need not wait for the last. */
  readonly anyOrder: boolean;
  /** The path of a blob. */
  blobName(digest: Digest): string;
  /** What a name is in this form; `undefined` when the form cannot say it. */
  toName(name: string): string | undefined;
  /** Says what the archive consists of. The same contents give the same entries. */
  arrange(contents: ArchiveContents): Promise<readonly ArchiveEntry[]>;
}
