import { DocumentError } from "../errors.ts";
import { isStoredAsManifest, MEDIA_TYPE } from "../oci/media_type.ts";

/** What a registry is told that we understand. */
export const ACCEPTED: readonly string[] = [
  MEDIA_TYPE.ociIndex,
  MEDIA_TYPE.dockerIndex,
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.dockerManifest,
  MEDIA_TYPE.dockerSchema1Signed,
  MEDIA_TYPE.dockerSchema1,
];

/** The `Accept` header for any manifest, with one type first. */
export function acceptHeader(first?: string): string {
  return [...new Set([...(first === undefined ? [] : [first]), ...ACCEPTED])].join(", ");
}

/** The media type of a `Content-Type`, without parameters, when it is a manifest's. */
export function announcedType(header: string | null): string | undefined {
  const type = header?.split(";", 1)[0]?.trim().toLowerCase();
  return type !== undefined && isStoredAsManifest(type) ? type : undefined;
}

/**
 * The media type of a manifest: as announced, else as the document says itself.
 *
 * @throws {DocumentError} When neither tells.
 */
export function manifestType(header: string | null, bytes: Uint8Array): string {
  const type = announcedType(header) ?? declaredType(bytes);
  if (type !== undefined) return type;
  throw new DocumentError(
    `Cannot read the manifest: expected an image manifest or index, got ${
      JSON.stringify(header?.slice(0, 100) ?? "no Content-Type")
    }`,
  );
}

function declaredType(bytes: Uint8Array): string | undefined {
  let document: Record<string, unknown> | null;
  try {
    document = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  const { mediaType, manifests, layers, fsLayers } = document ?? {};
  if (typeof mediaType === "string") return isStoredAsManifest(mediaType) ? mediaType : undefined;
  if (Array.isArray(manifests)) return MEDIA_TYPE.ociIndex;
  if (Array.isArray(layers)) return MEDIA_TYPE.ociManifest;
  return Array.isArray(fsLayers) ? MEDIA_TYPE.dockerSchema1 : undefined;
}
