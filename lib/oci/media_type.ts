/** Media types of image-spec and of Docker, by the names both documents use. */
export const MEDIA_TYPE = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  ociEmpty: "application/vnd.oci.empty.v1+json",
  ociNondistributableLayer: "application/vnd.oci.image.layer.nondistributable.v1.tar",
  ociNondistributableLayerGzip: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  ociNondistributableLayerZstd: "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  dockerForeignLayerGzip: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  dockerSchema1: "application/vnd.docker.distribution.manifest.v1+json",
  dockerSchema1Signed: "application/vnd.docker.distribution.manifest.v1+prettyjws",
} as const;

/** The two families a manifest and its parts come from. */
export type MediaFamily = "oci" | "docker";

/** How a layer's tar is compressed. */
export type Compression = "none" | "gzip" | "zstd";

const INDEXES: ReadonlySet<string> = new Set([MEDIA_TYPE.ociIndex, MEDIA_TYPE.dockerIndex]);
const MANIFESTS: ReadonlySet<string> = new Set([
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.dockerManifest,
]);
const CONFIGS: ReadonlySet<string> = new Set([MEDIA_TYPE.ociConfig, MEDIA_TYPE.dockerConfig]);
const SCHEMA_1: ReadonlySet<string> = new Set([
  MEDIA_TYPE.dockerSchema1,
  MEDIA_TYPE.dockerSchema1Signed,
]);
const LAYERS: ReadonlyMap<string, Compression> = new Map<string, Compression>([
  [MEDIA_TYPE.ociLayer, "none"],
  [MEDIA_TYPE.ociLayerGzip, "gzip"],
  [MEDIA_TYPE.ociLayerZstd, "zstd"],
  [MEDIA_TYPE.ociNondistributableLayer, "none"],
  [MEDIA_TYPE.ociNondistributableLayerGzip, "gzip"],
  [MEDIA_TYPE.ociNondistributableLayerZstd, "zstd"],
  [MEDIA_TYPE.dockerLayer, "none"],
  [MEDIA_TYPE.dockerLayerGzip, "gzip"],
  [MEDIA_TYPE.dockerForeignLayerGzip, "gzip"],
]);

/** An OCI index or a Docker manifest list. */
export function isIndexType(mediaType: string): boolean {
  return INDEXES.has(mediaType);
}

/** An OCI or Docker image manifest (schema 2). */
export function isManifestType(mediaType: string): boolean {
  return MANIFESTS.has(mediaType);
}

/** A Docker schema 1 manifest, signed or not: the form of before 2016. */
export function isSchema1Type(mediaType: string): boolean {
  return SCHEMA_1.has(mediaType);
}

/** The config of a runnable image, as opposed to an artifact's. */
export function isImageConfigType(mediaType: string): boolean {
  return CONFIGS.has(mediaType);
}

/** A document that a registry keeps under `/manifests/` rather than `/blobs/`. */
export function isStoredAsManifest(mediaType: string): boolean {
  return isIndexType(mediaType) || isManifestType(mediaType) || isSchema1Type(mediaType);
}

/** A layer whose bytes may not be redistributed: pushed by its `urls` only. */
export function isNondistributable(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.dockerForeignLayerGzip ||
    mediaType.includes(".nondistributable.");
}

/** The compression a layer's media type promises, or `undefined` for what is no layer. */
export function compressionOf(mediaType: string): Compression | undefined {
  return LAYERS.get(mediaType);
}

/** The family a media type belongs to; `oci` for unknown ones. */
export function familyOf(mediaType: string): MediaFamily {
  return mediaType.startsWith("application/vnd.docker.") ? "docker" : "oci";
}

/**
 * The media type of a layer. Docker has none for zstd, so a zstd layer is OCI's in either family.
 *
 * @example
 * ```ts
 * import { layerMediaType } from "@davit/davit/oci";
 *
 * console.assert(layerMediaType("oci", "zstd").endsWith("tar+zstd"));
 * ```
 */
export function layerMediaType(family: MediaFamily, compression: Compression): string {
  if (compression === "zstd") return MEDIA_TYPE.ociLayerZstd;
  if (family === "oci") {
    return compression === "gzip" ? MEDIA_TYPE.ociLayerGzip : MEDIA_TYPE.ociLayer;
  }
  return compression === "gzip" ? MEDIA_TYPE.dockerLayerGzip : MEDIA_TYPE.dockerLayer;
}

const FAMILIES: readonly Readonly<Record<MediaFamily, string>>[] = [
  { oci: MEDIA_TYPE.ociIndex, docker: MEDIA_TYPE.dockerIndex },
  { oci: MEDIA_TYPE.ociManifest, docker: MEDIA_TYPE.dockerManifest },
  { oci: MEDIA_TYPE.ociConfig, docker: MEDIA_TYPE.dockerConfig },
  { oci: MEDIA_TYPE.ociLayer, docker: MEDIA_TYPE.dockerLayer },
  { oci: MEDIA_TYPE.ociLayerGzip, docker: MEDIA_TYPE.dockerLayerGzip },
  { oci: MEDIA_TYPE.ociNondistributableLayerGzip, docker: MEDIA_TYPE.dockerForeignLayerGzip },
];

/**
 * The media type by which the other family knows the same thing. What it has no name for, such as
 * a zstd layer in Docker's, keeps its own.
 *
 * @example
 * ```ts
 * import { MEDIA_TYPE, toFamily } from "@davit/davit/oci";
 *
 * console.assert(toFamily(MEDIA_TYPE.dockerConfig, "oci") === MEDIA_TYPE.ociConfig);
 * ```
 */
export function toFamily(mediaType: string, family: MediaFamily): string {
  const pair = FAMILIES.find(({ oci, docker }) => mediaType === oci || mediaType === docker);
  return pair?.[family] ?? mediaType;
}
