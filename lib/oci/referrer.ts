import type { Descriptor } from "./descriptor.ts";
import { algorithmOf, type Digest, hexOf } from "./digest.ts";
import { parseIndex } from "./image_index.ts";
import { parseManifest } from "./manifest.ts";
import { isIndexType, isManifestType } from "./media_type.ts";
import { present } from "./present.ts";

/** A manifest or index that is about another one: a signature, an attestation, an SBOM. */
export interface Referrer {
  /** What it is about. */
  readonly subject: Digest;
  /** Itself, as lists of referrers have it: with its artifact type and annotations. */
  readonly descriptor: Descriptor;
}

/**
 * Reads what a manifest or index is about; `undefined` when it is about nothing else, or is neither.
 * The artifact type of a manifest that names none is its config's media type; an index may have none.
 *
 * @param descriptor The type, digest and size of the document.
 * @throws {DocumentError} When it is not what its media type says.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers distribution-spec, listing referrers}
 * @example
 * ```ts
 * import { describeReferrer } from "@davit/davit/oci";
 *
 * const bytes = new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}');
 * const referrer = describeReferrer(bytes, {
 *   mediaType: "application/vnd.oci.image.index.v1+json",
 *   digest: "sha256:7bd8a8d3b6e9d8b4e4d0b4b8c1a6f3a44e0c6a0a0c2d5e1f7b3c9d8e6f5a4b32",
 *   size: bytes.length,
 * });
 * console.assert(referrer === undefined);
 * ```
 */
export function describeReferrer(bytes: Uint8Array, descriptor: Descriptor): Referrer | undefined {
  const { mediaType, digest, size } = descriptor;
  const facts = isManifestType(mediaType)
    ? factsOfManifest(bytes, mediaType)
    : isIndexType(mediaType)
    ? parseIndex(bytes, mediaType)
    : undefined;
  if (facts?.subject === undefined) return undefined;
  const { annotations, artifactType } = facts;
  return {
    subject: facts.subject.digest,
    descriptor: present({ mediaType, digest, size, annotations, artifactType }),
  };
}

function factsOfManifest(
  bytes: Uint8Array,
  mediaType: string,
): Pick<Descriptor, "annotations" | "artifactType"> & { readonly subject?: Descriptor } {
  const { subject, annotations, artifactType, config } = parseManifest(bytes, mediaType);
  return present({ subject, annotations, artifactType: artifactType ?? config.mediaType });
}

/**
 * The tag under which registries without the referrers API keep the list of what is about a manifest.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema distribution-spec, referrers tag schema}
 * @example
 * ```ts
 * import { referrersTag } from "@davit/davit/oci";
 *
 * const hex = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
 * console.assert(referrersTag(`sha256:${hex}`) === `sha256-${hex}`);
 * ```
 */
export function referrersTag(subject: Digest): string {
  return `${algorithmOf(subject)}-${hexOf(subject).slice(0, 64)}`;
}
