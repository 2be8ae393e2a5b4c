import type { Image, View } from "../image/image.ts";
import { selectImage } from "../image/select.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Platform } from "../oci/platform.ts";
import type { RepositoryName } from "../oci/reference.ts";

/** Where an image comes from that is to run in a cluster. */
export interface ImageSource extends AsyncDisposable {
  /** How events name it. */
  readonly label: string;
  /** What the image is called in the cluster, with its digest behind. */
  readonly repository: RepositoryName;
  /**
   * Makes the image for a platform as it is now; what has not changed since the last time is not read
   * again.
   *
   * @throws {PlatformError} When there is none for it.
   */
  open(platform: Platform, options?: CallOptions): Promise<Image>;
  /** The files and directories of this machine that it is made from, by absolute paths. */
  readonly inputs: readonly string[];
  /** Takes note that something at these absolute paths has changed; says whether that matters. */
  changed(paths: readonly string[]): boolean;
}

/**
 * An image that lies in a place: it stays what it is.
 *
 * @param view The image. @param repository What it is called in the cluster.
 */
export function storedImage(view: View, repository: RepositoryName, label: string): ImageSource {
  return {
    label,
    repository,
    inputs: [],
    open: (platform, options) => selectImage(view, platform, options),
    changed: () => false,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
