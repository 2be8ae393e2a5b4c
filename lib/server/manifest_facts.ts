import type { Annotations } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { parseIndex } from "../oci/image_index.ts";
import { parseManifest } from "../oci/manifest.ts";
import { isIndexType, isNondistributable, isStoredAsManifest } from "../oci/media_type.ts";

/** What a registry has to know of a manifest or index. */
export interface ManifestFacts {
  /** The manifests that must be there before it. */
  readonly manifests: readonly Descriptor[];
  /** The blobs that must be there before it. */
  readonly blobs: readonly Descriptor[];
  /** The manifest that it is about; need not be there. */
  readonly subject: Digest | undefined;
  /** The kind of artifact, as the list of referrers gives it. */
  readonly artifactType: string | undefined;
  /** Its annotations. */
  readonly annotations: Annotations | undefined;
}

/**
 * Reads the facts of a document.
 *
 * @throws {DocumentError} When it is not what its media type says.
 */
export function readFacts(bytes: Uint8Array, mediaType: string): ManifestFacts {
  return isIndexType(mediaType) ? factsOfIndex(bytes, mediaType) : factsOfImage(bytes, mediaType);
}

function factsOfIndex(bytes: Uint8Array, mediaType: string): ManifestFacts {
  const { manifests, subject, artifactType, annotations } = parseIndex(bytes, mediaType);
  return {
    manifests: manifests.filter((child) => isStoredAsManifest(child.mediaType)),
    blobs: manifests.filter((child) => !isStoredAsManifest(child.mediaType)),
    subject: subject?.digest,
    artifactType,
    annotations,
  };
}

function factsOfImage(bytes: Uint8Array, mediaType: string): ManifestFacts {
  const { config, layers, subject, artifactType, annotations } = parseManifest(bytes, mediaType);
  return {
    manifests: [],
    blobs: [config, ...layers.filter((layer) => !isNondistributable(layer.mediaType))],
    subject: subject?.digest,
    artifactType: artifactType ?? config.mediaType,
    annotations,
  };
}
