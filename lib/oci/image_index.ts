import type { Annotations } from "./annotations.ts";
import { type Descriptor, readDescriptor } from "./descriptor.ts";
import { type DocumentKind, readManifestDocument } from "./manifest_document.ts";
import { isIndexType } from "./media_type.ts";
import { present } from "./present.ts";

/**
 * A list of manifests, one for each platform: OCI's image index or Docker's manifest list.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md image-spec, image index}
 */
export interface ImageIndex {
  /** The format's version. */
  readonly schemaVersion: 2;
  /** What the document says it is. */
  readonly mediaType?: string;
  /** The kind of artifact. */
  readonly artifactType?: string;
  /** What the index lists: manifests, indexes and, rarely, other content. */
  readonly manifests: readonly Descriptor[];
  /** The manifest that this index is about. */
  readonly subject?: Descriptor;
  /** Metadata of the index. */
  readonly annotations?: Annotations;
}

const INDEX: DocumentKind = {
  name: "index",
  members: ["schemaVersion", "mediaType", "artifactType", "manifests", "subject", "annotations"],
  foreign: ["config", "layers", "fsLayers"],
  isType: isIndexType,
};

/**
 * Reads an image index. Unknown members are passed over: whoever copies the document copies its
 * bytes.
 *
 * @param mediaType What the document was announced as; parameters after `;` are ignored. When it is
 * absent, the document's own word is taken.
 * @throws {DocumentError} When the document breaks its format, is announced as something else, or
 * could be read as a manifest too.
 * @throws {LimitExceededError} Beyond `MAX_MANIFEST_BYTES` or `MAX_LIST_ITEMS`.
 * @throws {UnsupportedError} For a Docker schema 1 manifest.
 * @example
 * ```ts
 * import { parseIndex } from "@davit/davit/oci";
 *
 * const bytes = new TextEncoder().encode('{"schemaVersion": 2, "manifests": []}');
 * console.assert(parseIndex(bytes).manifests.length === 0);
 * ```
 */
export function parseIndex(bytes: Uint8Array, mediaType?: string): ImageIndex {
  const root = readManifestDocument(bytes, mediaType, INDEX);
  return present({
    schemaVersion: 2 as const,
    mediaType: root.member("mediaType").optional((type) => type.string()),
    artifactType: root.member("artifactType").optional((type) => type.string()),
    manifests: root.member("manifests").items().map(readDescriptor),
    subject: root.member("subject").optional(readDescriptor),
    annotations: root.member("annotations").optional((map) => map.stringMap()),
  });
}
