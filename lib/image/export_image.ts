import { compressionOf } from "../oci/media_type.ts";
import { abortable } from "../stream/abortable.ts";
import { untilAborted } from "../stream/until_aborted.ts";
import type { Image } from "./image.ts";
import { mergedTar, type MergeOptions } from "./merged_tar.ts";
import { streamedTar } from "./streamed_tar.ts";

/** Options of {@linkcode exportImage}. */
export interface ExportOptions extends MergeOptions {
  /**
   * Whether the lowest layer is written as it is read, which takes less time and next to no
   * temporary file: for whoever can throw away what came when the stream fails. It is not unless
   * said.
   */
  readonly ahead?: boolean;
}

/**
 * Writes the filesystem that a container of an image starts with, as one tar. Whiteouts and opaque
 * markers hide what the layers below brought and are gone themselves; hard links stay links to one
 * file, whichever of its names is left; owners, modes, times and extended attributes are kept.
 *
 * Entries come file by file in the layers' order, then links, then directories from the deepest up,
 * so that whatever unpacks them can set the directories' times last. Each layer is fetched and
 * decompressed once, into a temporary file; where there is no room for that, twice. Memory grows
 * with the number of entries only. Cancel a stream that is not read to its end.
 *
 * The one blob of an artifact, which by its media type is no layer of an image, is given as it is,
 * decompressed where its bytes are gzip or zstd.
 *
 * @throws {DocumentError} For a layer that is no tar, an entry that leads out of the root, a path
 * longer than Linux has, or a link to nothing.
 * @throws {LimitExceededError} Beyond four million files and directories.
 * @throws {OverwrittenEntryError} Through a stream that was written `ahead`, when entries of the
 * lowest layer replace each other: what came is no export, and the image is to be exported again
 * without that option.
 * @example
 * ```ts
 * import { appendLayers, emptyImage, exportImage } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 *
 * const layer = layerFromEntries([{ path: "etc/motd", content: "ahoy" }]);
 * const tar = await exportImage(appendLayers(emptyImage(), [layer]));
 * await tar.cancel();
 * ```
 */
export async function exportImage(
  image: Image,
  options: ExportOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  const { signal, ahead = false } = options;
  const layers = await untilAborted(image.layers(), signal);
  const [only, ...others] = layers;
  if (only !== undefined && others.length === 0 && compressionOf(only.mediaType) === undefined) {
    return abortable(only.uncompressed(), signal);
  }
  if (ahead) return await streamedTar(layers, options);
  return await mergedTar(layers, { ...options, directories: "last" });
}
