import { ANNOTATION } from "../oci/annotations.ts";
import type { Annotations } from "../oci/annotations.ts";
import { algorithmOf, type Digest, hexOf } from "../oci/digest.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import type { ArchiveEntry, Root } from "./archive_form.ts";

/** The file by which an OCI layout is known. */
export const OCI_LAYOUT = "oci-layout";

/** The file that lists the roots of an OCI layout. */
export const INDEX_JSON = "index.json";

/** The path of a blob in an OCI layout. */
export function blobPath(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

/** The entry by which an OCI layout is known. */
export function layoutEntry(): ArchiveEntry {
  return { name: OCI_LAYOUT, body: encodeJson({ imageLayoutVersion: "1.0.0" }) };
}

/**
 * The list of roots, once for each of their names.
 *
 * @param annotate What is written beside a root to give it a name.
 */
export function indexEntry(
  roots: readonly Root[],
  annotate: (name: string) => Annotations,
): ArchiveEntry {
  const manifests = roots.flatMap(({ descriptor: { mediaType, digest, size }, names }) => {
    const plain = { mediaType, digest, size };
    if (names.length === 0) return [plain];
    return names.map((name) => ({ ...plain, annotations: annotate(name) }));
  });
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests };
  return { name: INDEX_JSON, body: encodeJson(index) };
}

/** Names a root for containerd, Kubernetes and whoever reads `ref.name`. */
export function annotateName(fullName: string, refName: string): Annotations {
  return { [ANNOTATION.containerdImageName]: fullName, [ANNOTATION.refName]: refName };
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
