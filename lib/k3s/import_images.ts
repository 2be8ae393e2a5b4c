import { copy } from "../store/copy.ts";
import type { OnCopyEvent } from "../store/events.ts";
import type { View } from "../image/image.ts";
import { type NodeImport, openClusterImages } from "./cluster_images.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";

/** An image on its way into a cluster. */
export interface NamedView {
  /** The image; of an index, the image for the nodes' platform is taken. */
  readonly view: View;
  /** What it is called there, in full: `registry.example/app:v1`. */
  readonly names: readonly string[];
}

/** Options of {@linkcode importImages}. */
export interface ImportImagesOptions extends ClusterCallOptions {
  /** Hears what is copied. */
  readonly onEvent?: OnCopyEvent;
}

/**
 * Brings images to every node of a cluster. Of each, only the blobs that a node lacks are sent to it;
 * afterwards every node is asked for every name, by digest.
 *
 * @returns What was sent to each node.
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {PlatformError} When an image is not for the nodes' platform.
 * @throws {ClusterError} When a node fails; the others have the images all the same.
 */
export async function importImages(
  cluster: string,
  images: readonly NamedView[],
  options: ImportImagesOptions = {},
): Promise<readonly NodeImport[]> {
  const { signal, onEvent } = options;
  await using destination = await openClusterImages(cluster, options);
  const { platform } = destination;
  for (const { view, names } of images) {
    await copy(view, destination, {
      names,
      ...(platform === undefined ? {} : { platform }),
      ...(signal === undefined ? {} : { signal }),
      ...(onEvent === undefined ? {} : { onEvent }),
    });
  }
  await destination.commit(signal === undefined ? {} : { signal });
  return destination.results;
}
