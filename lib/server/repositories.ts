import type { Roots } from "../layout/roots.ts";
import type { Digest } from "../oci/digest.ts";
import type { ByteRange } from "./byte_range.ts";

/** Where a registry keeps its repositories: the port that memory and disk implement. */
export interface Repositories {
  /** The repository of a name, or `undefined` when nothing was ever pushed to it. */
  find(name: string): Promise<HostedRepository | undefined>;
  /** The repository of a name, to push to. It exists from the first content on. */
  create(name: string): Promise<HostedRepository>;
  /** The names of all repositories, sorted by code unit. */
  names(): Promise<readonly string[]>;
  /** Removes what processes that died have left half-written, and uploads that nobody goes on with. */
  tidy(): Promise<void>;
}

/** What one repository keeps. */
export interface HostedRepository {
  /** The name: `library/alpine`. */
  readonly name: string;
  /** Content by digest: layers and configs, and the bytes of manifests. */
  readonly blobs: BlobShelf;
  /** What is published: manifests and their tags. */
  readonly roots: RootShelf;
  /** Blobs on their way in. */
  readonly uploads: UploadShelf;
}

/** Content by digest. Whoever writes has verified it. */
export interface BlobShelf {
  /** The size in bytes, or `undefined` when it is not there. */
  size(digest: Digest): Promise<number | undefined>;
  /**
   * Opens content that is there.
   *
   * @throws {NotFoundError} When it is not.
   */
  read(digest: Digest, range?: ByteRange): Promise<ReadableStream<Uint8Array>>;
  /** Keeps content that is whole in memory. */
  write(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** Takes content of another repository without copying it; `false` when it cannot. */
  link(digest: Digest, from: HostedRepository): Promise<boolean>;
  /** Removes content; `false` when it was not there, or is to stay. */
  remove(digest: Digest, options?: RemoveBlobOptions): Promise<boolean>;
  /**
   * The size in bytes, or `undefined` when it is not there; somebody is about to use what is, so that
   * it counts as new again.
   */
  touch(digest: Digest): Promise<number | undefined>;
  /** Everything that is there. */
  list(): AsyncIterable<ShelvedBlob>;
}

/** Options of {@linkcode BlobShelf.remove}. */
export interface RemoveBlobOptions {
  /** Leaves what came or was about to be used later, in milliseconds since the epoch. */
  readonly unusedSince?: number;
}

/** Content as {@linkcode BlobShelf.list} tells of it. */
export interface ShelvedBlob {
  /** What names it. */
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  /** When it came, or was last about to be used, in milliseconds since the epoch. */
  readonly usedAt: number;
}

/** The published manifests, each under its tags. */
export interface RootShelf {
  /** What is published now. */
  read(): Promise<Roots>;
  /** Changes what is published; what is acknowledged survives a crash, if the medium does. */
  edit(change: (roots: Roots) => Roots): Promise<void>;
}

/** The uploads of a repository. */
export interface UploadShelf {
  /** Begins an empty one. */
  begin(): Promise<Upload>;
  /** The upload of an id, or `undefined`. */
  find(id: string): Promise<Upload | undefined>;
}

/** A blob on its way in: bytes that only grow at their end. */
export interface Upload {
  /** Names it within its repository; cannot be guessed. */
  readonly id: string;
  /** The bytes so far. */
  size(): Promise<number>;
  /** Opens it to add to its end. */
  open(): Promise<UploadWriter>;
  /** Opens what is there, or part of it. */
  read(range?: ByteRange): Promise<ReadableStream<Uint8Array>>;
  /** Cuts it back. */
  truncate(size: number): Promise<void>;
  /** Makes it a blob of the repository. */
  publish(digest: Digest): Promise<void>;
  /** Throws it away. */
  discard(): Promise<void>;
}

/** Adds to an upload; must be disposed of. */
export interface UploadWriter extends Disposable {
  /** Takes the next bytes, at once and without keeping their memory. */
  append(bytes: Uint8Array): void;
}
