import type { View } from "../image/image.ts";
import { describePlatform } from "../image/platform_names.ts";
import { listImages, selectImage } from "../image/select.ts";
import type { Digest } from "../oci/digest.ts";
import { hostPlatform } from "../oci/platform.ts";
import { diffImages, type DiffOptions } from "./diff.ts";
import type { ImageDiff } from "./image_diff.ts";

/** Two images of one platform, compared. */
export interface PlatformDiff {
  /** The platform, as text. */
  readonly platform: string;
  /** How they differ. */
  readonly diff: ImageDiff;
}

/** How two images or indexes differ. */
export interface ViewDiff {
  /** The digest of A. */
  readonly a: Digest;
  /** The digest of B. */
  readonly b: Digest;
  /** Whether both have the same digest. */
  readonly isSame: boolean;
  /** Platforms that only A has. */
  readonly onlyA: readonly string[];
  /** Platforms that only B has. */
  readonly onlyB: readonly string[];
  /** What is compared, platform by platform, in the order of A. */
  readonly images: readonly PlatformDiff[];
}

/**
 * Compares two images, or two indexes platform by platform. Of an index and an image, the index's
 * image for this machine is compared.
 *
 * @throws {PlatformError} When the index has none for this machine.
 */
export async function diffViews(
  a: View,
  b: View,
  options: DiffOptions = {},
): Promise<ViewDiff> {
  const [{ digest: one }, { digest: other }] = await Promise.all([a.descriptor(), b.descriptor()]);
  const ends = { a: one, b: other, isSame: one === other };
  if (a.kind !== "index" || b.kind !== "index") {
    const images = await Promise.all(
      [a, b].map((view) =>
        selectImage(view, view.kind === "index" ? hostPlatform() : undefined, options)
      ),
    );
    const [left, right] = images;
    if (left === undefined || right === undefined) return { ...ends, ...NOTHING };
    const [{ platform } = { platform: undefined }] = await listImages(left);
    const diff = await diffImages(left, right, options);
    return { ...ends, ...NOTHING, images: [{ platform: describePlatform(platform), diff }] };
  }
  const [before, after] = await Promise.all([byPlatform(a), byPlatform(b)]);
  const shared = [...before.keys()].filter((platform) => after.has(platform));
  const images: PlatformDiff[] = [];
  for (const platform of ends.isSame ? [] : shared) {
    const [left, right] = [before.get(platform), after.get(platform)];
    if (left === undefined || right === undefined) continue;
    images.push({ platform, diff: await diffImages(left, right, options) });
  }
  return {
    ...ends,
    onlyA: [...before.keys()].filter((platform) => !after.has(platform)),
    onlyB: [...after.keys()].filter((platform) => !before.has(platform)),
    images,
  };
}

const NOTHING = { onlyA: [], onlyB: [], images: [] } as const;

async function byPlatform(view: View) {
  const images = await listImages(view);
  return new Map(images.map(({ image, platform }) => [describePlatform(platform), image]));
}
