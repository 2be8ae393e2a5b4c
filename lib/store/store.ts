import type { CallOptions, ContentSource } from "../layer/content_source.ts";
import type { View } from "../image/image.ts";
import type { Compression } from "../oci/media_type.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Content } from "./content.ts";

/** A place that names are opened from. */
export interface Source {
  /** How messages name this place: `registry.example/app`, `oci:dir`. */
  readonly label: string;
  /**
   * Opens what a name stands for; without a name, the only root there is.
   *
   * @throws {NotFoundError} When there is no such name.
   * @throws {DocumentError} When no name is given and there is not exactly one root.
   */
  open(name?: string, options?: CallOptions): Promise<View>;
  /** The names of this place. In a registry's repository: its tags. */
  names(options?: CallOptions): AsyncIterable<string>;
}

/** What a place can hold. `copy` converts what it can and refuses the rest by name. */
export interface Accepts {
  /** Whether an index can be stored; else one platform's image is chosen. */
  readonly index: boolean;
  /** The layer compressions that are understood there. */
  readonly compressions: readonly Compression[];
  /** What a layer that is not compressed yet becomes; as the layer says, when absent. */
  readonly prefers?: Compression;
  /** Whether the bytes of non-distributable layers are taken; else their `urls` stand for them. */
  readonly nondistributable?: boolean;
  /** Whether a manifest that is there means that all its parts are there too. */
  readonly complete?: boolean;
}

/** Options of {@linkcode Destination.write}. */
export interface WriteOptions extends CallOptions {
  /**
   * For a manifest or index: makes it a root of the place under these names. An empty list makes
   * it a root without a name. When absent, it is a part of something else.
   */
  readonly names?: readonly string[];
}

/**
 * A place that content is written to, children first. Nothing is published before `commit()`, and
 * disposing of an uncommitted destination leaves nothing half-written. A registry publishes as it
 * goes, and a layout keeps the blobs that are whole, so that the next attempt need not send them.
 */
export interface Destination extends AsyncDisposable {
  /** How messages name this place. */
  readonly label: string;
  /** What this place can hold. */
  readonly accepts: Accepts;
  /** Says whether the content is there already, so that it need not be sent. */
  has(descriptor: Descriptor, options?: CallOptions): Promise<boolean>;
  /**
   * Writes content, verified as it passes, and returns its descriptor.
   *
   * @throws {DigestMismatchError} When the bytes are not what the descriptor says.
   * @throws {SizeMismatchError} When there are more or fewer of them.
   */
  write(content: Content, options?: WriteOptions): Promise<Descriptor>;
  /** Makes all that was written visible, at once where the medium allows it. */
  commit(options?: CallOptions): Promise<void>;
}

/** A place that can take content from another place by itself: a registry's blob mount. */
export interface Mounter {
  /** Says whether content of another place may be taken from there. Nothing is asked of either. */
  canMount(from: ContentSource): boolean;
  /** Says whether the content arrived; `false` means that it has to be sent. */
  mount(descriptor: Descriptor, from: ContentSource, options?: CallOptions): Promise<boolean>;
}

/** A place on this machine that says at once what it has; it may lack parts of its images. */
export interface Holder {
  /** Says whether the content is there. */
  holds(descriptor: Descriptor): Promise<boolean>;
}

/** A place that forgets. */
export interface Deleter {
  /** Removes a tag or a manifest by digest. */
  delete(name: string, options?: CallOptions): Promise<void>;
}

/** Options of {@linkcode Referrers.referrers}. */
export interface ReferrersOptions extends CallOptions {
  /** Lists artifacts of this type only. */
  readonly artifactType?: string;
}

/**
 * A place that knows what is about its content: signatures, attestations, SBOMs. What is written
 * there with a `subject` is listed from then on, and what is deleted is listed no more.
 */
export interface Referrers {
  /**
   * Lists what is about a manifest, whether that is there or not; of each its artifact type and
   * annotations.
   */
  referrers(subject: Digest, options?: ReferrersOptions): AsyncIterable<Descriptor>;
}

/** A content-addressed place: names, content by descriptor, writing. */
export interface Store extends Source, ContentSource, Destination {
  /**
   * Looks a name up without opening what it stands for.
   *
   * @throws {NotFoundError} When there is no such name.
   */
  resolve(name: string, options?: CallOptions): Promise<Descriptor>;
}
