import { parseConfig } from "../oci/config.ts";
import type { Digest } from "../oci/digest.ts";
import { MAX_CONFIG_BYTES } from "../oci/limits.ts";
import { composeImage } from "../image/compose_image.ts";
import type { View } from "../image/image.ts";
import { openView } from "../image/open_view.ts";
import type { Layer } from "../layer/layer.ts";
import { readAll } from "../stream/read_all.ts";
import { DocumentError } from "../errors.ts";
import { ArchiveBlobs } from "./archive_blobs.ts";
import type { ArchiveFiles } from "./archive_files.ts";
import { findOriginalManifest } from "./original_manifest.ts";
import type { SavedImage } from "./saved_image.ts";
import { openSavedLayer } from "./saved_layer.ts";

/**
 * Opens an image of a `docker save` tar: by the manifest it had where it came from, when that is
 * there with all its blobs, so that its digest stays; else by its config and layers.
 *
 * @throws {NotFoundError} When the config or a layer is not there.
 * @throws {DocumentError} When a path leads out of the archive, or config and layers do not match.
 */
export async function openSavedImage(files: ArchiveFiles, saved: SavedImage): Promise<View> {
  const config = await files.file(saved.config, "config");
  const blobs = new ArchiveBlobs(files);
  const original = await findOriginalManifest(files, blobs, config.path, saved.repoTags);
  if (original !== undefined) return openView(blobs, original);
  const bytes = await readAll(config.open(), {
    what: `config "${saved.config}" in ${files.label}`,
    maxBytes: MAX_CONFIG_BYTES,
  });
  return composeImage({
    config: bytes,
    layers: await openLayers(files, saved, parseConfig(bytes).rootfs.diff_ids),
    family: "docker",
  });
}

async function openLayers(
  files: ArchiveFiles,
  { config, layers, layerSources }: SavedImage,
  diffIds: readonly Digest[],
): Promise<Layer[]> {
  if (diffIds.length !== layers.length) {
    throw new DocumentError(
      `Cannot read image "${config}" in ${files.label}: expected as many diff_ids in its config ` +
        `as layers (${layers.length}), got ${diffIds.length}`,
    );
  }
  return await Promise.all(diffIds.map(async (diffId, position) => {
    const file = await files.file(layers[position] ?? "", "layer");
    return await openSavedLayer(file, diffId, layerSources.get(diffId));
  }));
}
