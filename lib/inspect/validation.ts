/** What can be found wrong with an image. */
export type Check =
  /** Content that the manifest or index names is not there. */
  | "missing"
  /** Content that does not hash to its digest. */
  | "digest"
  /** Content that is longer or shorter than its descriptor says. */
  | "size"
  /** A manifest, index or config that breaks its format. */
  | "document"
  /** Media types that do not go together, or that nobody knows. */
  | "media-type"
  /** A layer that is not compressed as its media type says, or does not decode. */
  | "compression"
  /** A layer that is no tar, or has a path that leads out of the root. */
  | "tar"
  /** A layer with a path more than once. */
  | "duplicate-path"
  /** A layer whose tar is not what the config says. */
  | "diff-id"
  /** A config with more or fewer diff IDs, or history entries, than there are layers. */
  | "layer-count"
  /** An index that names another platform than the image's config. */
  | "platform"
  /** An attestation about an image that its index does not list. */
  | "attestation"
  /** A non-distributable layer that is left where its URLs say. */
  | "elsewhere"
  /** Content beyond a named limit. */
  | "limit"
  /** Content that could not be read. */
  | "read";

/** Whether a problem makes what it is about invalid. */
export type Severity = "error" | "warning";

/** Something that is wrong with a piece of content. */
export interface Fault {
  /** What was looked at. */
  readonly check: Check;
  /** Whether the content is invalid for it. */
  readonly severity: Severity;
  /** What was expected and what is there. */
  readonly message: string;
}

/** A fault, and where it is. */
export interface Problem extends Fault {
  /** The digest of the content that it is about. */
  readonly digest: string;
  /** Where that stands: `linux/arm64, layer 2 of 3`; empty for the root. */
  readonly where: string;
}

/** What a validation looked at, and what it found. */
export interface Validation {
  /** The digest of the root. */
  readonly digest: string;
  /** Whether there is no problem but warnings. */
  readonly isValid: boolean;
  /** How many images and artifacts were looked at. */
  readonly images: number;
  /** How many different layers, each of which was read once. */
  readonly layers: number;
  /** The bytes of these layers, as they are stored. */
  readonly bytes: number;
  /** All that was found, in the order of the index and of the layers. */
  readonly problems: readonly Problem[];
}
