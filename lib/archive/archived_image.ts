import { type ImageConfig, parseConfig } from "../oci/config.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { type Manifest, parseManifest } from "../oci/manifest.ts";
import { isImageConfigType, isManifestType, isNondistributable } from "../oci/media_type.ts";
import { DocumentError, NotFoundError, UnsupportedError } from "../errors.ts";
import type { ArchiveContents, Root } from "./archive_form.ts";

/** An image among what was written into a Docker archive, with all that the forms ask of it. */
export interface ArchivedImage extends Root {
  /** The exact bytes of the config. */
  readonly configBytes: Uint8Array;
  /** What the config says. */
  readonly config: ImageConfig;
  /** What the manifest says. */
  readonly manifest: Manifest;
  /** The layers, base first. */
  readonly layers: readonly ArchivedLayer[];
}

/** A layer of an {@linkcode ArchivedImage}. */
export interface ArchivedLayer {
  /** As the manifest lists it. */
  readonly descriptor: Descriptor;
  /** As the config lists it. */
  readonly diffId: Digest;
}

/**
 * Reads the images among the contents.
 *
 * @throws {UnsupportedError} When there is none, or a root is no image.
 * @throws {NotFoundError} When an image's config or layer was not written.
 * @throws {DocumentError} When an image contradicts itself.
 */
export function readArchivedImages(contents: ArchiveContents): ArchivedImage[] {
  if (contents.roots.length === 0) {
    throw new UnsupportedError("Cannot write a Docker archive: expected an image in it, got none");
  }
  return contents.roots.map((root) => readImage(root, contents));
}

/** The descriptors of the layers that may not be redistributed, by diff ID. */
export function layerSourcesOf(image: ArchivedImage): Map<string, Descriptor> {
  return new Map(
    image.layers
      .filter(({ descriptor }) => isNondistributable(descriptor.mediaType))
      .map(({ descriptor, diffId }) => [diffId, descriptor]),
  );
}

function readImage(root: Root, { documents, blobs }: ArchiveContents): ArchivedImage {
  const { mediaType, digest } = root.descriptor;
  if (!isManifestType(mediaType)) {
    throw new UnsupportedError(
      `Cannot write "${digest}" into a Docker archive: expected an image, got "${mediaType}"`,
    );
  }
  const manifest = parseManifest(present(documents, digest, "manifest"), mediaType);
  if (!isImageConfigType(manifest.config.mediaType)) {
    throw new UnsupportedError(
      `Cannot write "${digest}" into a Docker archive: expected an image config, got ` +
        `"${manifest.config.mediaType}"`,
    );
  }
  const configBytes = present(documents, manifest.config.digest, "config");
  const config = parseConfig(configBytes);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) {
    throw new DocumentError(
      `Cannot write image "${digest}": expected as many diff_ids in its config as layers in its ` +
        `manifest (${manifest.layers.length}), got ${diffIds.length}`,
    );
  }
  const layers = manifest.layers.flatMap((descriptor, position) => {
    present(blobs, descriptor.digest, "layer");
    const diffId = diffIds[position];
    return diffId === undefined ? [] : [{ descriptor, diffId }];
  });
  return { ...root, manifest, configBytes, config, layers };
}

function present<T>(written: ReadonlyMap<Digest, T>, digest: Digest, kind: string): T {
  const found = written.get(digest);
  if (found === undefined) throw new NotFoundError(kind, digest, "what was written");
  return found;
}
