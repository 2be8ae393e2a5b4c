import type { Annotations } from "./annotations.ts";
import { type Descriptor, readDescriptor } from "./descriptor.ts";
import { type DocumentKind, readManifestDocument } from "./manifest_document.ts";
import { isManifestType } from "./media_type.ts";
import { present } from "./present.ts";

/**
 * An image, or any artifact: a config and layers.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md image-spec, manifest}
 */
export interface Manifest {
  /** The format's version. */
  readonly schemaVersion: 2;
  /** What the document says it is. */
  readonly mediaType?: string;
  /** The kind of artifact. */
  readonly artifactType?: string;
  /** The config: how to run the image. */
  readonly config: Descriptor;
  /** The layers, base first. */
  readonly layers: readonly Descriptor[];
  /** The manifest that this one is about. */
  readonly subject?: Descriptor;
  /** Metadata of the image. */
  readonly annotations?: Annotations;
}

const MANIFEST: DocumentKind = {
  name: "manifest",
  members: [
    "schemaVersion",
    "mediaType",
    "artifactType",
    "config",
    "layers",
    "subject",
    "annotations",
  ],
  foreign: ["manifests", "fsLayers"],
  isType: isManifestType,
};

/**
 * Reads an image manifest, OCI's or Docker's schema 2. Unknown members are passed over: whoever
 * copies the document copies its bytes.
 *
 * @param mediaType What the document was announced as; parameters after `;` are ignored. When it is
 * absent, the document's own word is taken.
 * @throws {DocumentError} When the document breaks its format, is announced as something else, or
 * could be read as an index too.
 * @throws {LimitExceededError} Beyond `MAX_MANIFEST_BYTES` or `MAX_LIST_ITEMS`.
 * @throws {UnsupportedError} For a Docker schema 1 manifest.
 * @example
 * ```ts
 * import { parseManifest } from "@davit/davit/oci";
 *
 * const bytes = new TextEncoder().encode(JSON.stringify({
 *   schemaVersion: 2,
 *   config: {
 *     mediaType: "application/vnd.oci.empty.v1+json",
 *     digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
 *     size: 2,
 *   },
 *   layers: [],
 * }));
 * console.assert(parseManifest(bytes).layers.length === 0);
 * ```
 */
export function parseManifest(bytes: Uint8Array, mediaType?: string): Manifest {
  const root = readManifestDocument(bytes, mediaType, MANIFEST);
  return present({
    schemaVersion: 2 as const,
    mediaType: root.member("mediaType").optional((type) => type.string()),
    artifactType: root.member("artifactType").optional((type) => type.string()),
    config: readDescriptor(root.member("config")),
    layers: root.member("layers").items().map(readDescriptor),
    subject: root.member("subject").optional(readDescriptor),
    annotations: root.member("annotations").optional((map) => map.stringMap()),
  });
}
