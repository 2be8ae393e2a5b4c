import type { Digest } from "../oci/digest.ts";
import type { FieldChange } from "./diff_documents.ts";
import type { FileChange } from "./diff_files.ts";
import type { LayerDifference } from "./diff_layers.ts";

/** One of two images that are compared. */
export interface DiffSide {
  /** The digest of its manifest. */
  readonly digest: Digest;
  /** How many layers it has. */
  readonly layers: number;
  /** Bytes of its layers, as they are stored. */
  readonly bytes: number;
  /** Bytes of its files, merged; where layers were read. */
  readonly contentBytes?: number;
}

/** A layer of one side. */
export interface DiffLayer {
  /** Where it stands, base first, from 1. */
  readonly position: number;
  /** Its digest. */
  readonly digest: Digest;
  /** The digest of its tar, where it is known. */
  readonly diffId?: Digest;
  /** Its media type. */
  readonly mediaType: string;
  /** Its bytes, as they are stored. */
  readonly size: number;
  /** How it came to be, as the history says. */
  readonly createdBy?: string;
}

/** What became of a layer from A to B. */
export interface LayerChange {
  /** `recompressed`: another digest of the same tar. */
  readonly kind: "same" | "recompressed" | "changed" | "added" | "removed";
  /** The layer of A. */
  readonly a?: DiffLayer;
  /** The layer of B. */
  readonly b?: DiffLayer;
  /** Why the two have different digests; nothing where layers were not read. */
  readonly differences: readonly LayerDifference[];
}

/** How two images differ. */
export interface ImageDiff {
  /** The first image. */
  readonly a: DiffSide;
  /** The second image. */
  readonly b: DiffSide;
  /** Whether both have the same digest, so that there is nothing else to tell. */
  readonly isSame: boolean;
  /** Why the digests differ, in words, a line each. */
  readonly reasons: readonly string[];
  /** What the manifests say differently, apart from digests and sizes. */
  readonly manifest: readonly FieldChange[];
  /** What the configs say differently, apart from diff IDs. */
  readonly config: readonly FieldChange[];
  /** All layers of both, side by side. */
  readonly layers: readonly LayerChange[];
  /** The files that are not in both alike; `undefined` where layers were not read. */
  readonly files?: readonly FileChange[];
}
