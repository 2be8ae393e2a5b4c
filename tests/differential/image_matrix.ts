import { appendLayers } from "../../lib/image/append.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { Layer } from "../../lib/layer/layer.ts";
import type { Compression, MediaFamily } from "../../lib/oci/media_type.ts";
import { parsePlatform } from "../../lib/oci/platform.ts";

/** An image that crane and davit are compared on. */
export interface MatrixImage {
  readonly name: string;
  readonly view: View;
}

/** The platforms of an index of five. */
export const FIVE_PLATFORMS: readonly string[] = [
  "linux/amd64",
  "linux/arm64",
  "linux/arm/v7",
  "linux/s390x",
  "windows/amd64",
];

/** Docker and OCI types, gzip, zstd and none, one platform and five, with and without layers. */
export function imageMatrix(): readonly MatrixImage[] {
  const images: MatrixImage[] = [];
  for (const family of ["docker", "oci"] as const) {
    for (const compression of ["gzip", "zstd", "none"] as const) {
      const make = (platform: string) => matrixImage({ family, compression, platform });
      const name = `${family}-${compression}`;
      images.push({ name: `${name}-one`, view: make("linux/amd64") });
      images.push({
        name: `${name}-five`,
        view: createIndex(FIVE_PLATFORMS.map((platform) => ({ image: make(platform) }))),
      });
    }
    images.push({ name: `${family}-no-layers`, view: emptyImage({ family }) });
  }
  return images;
}

/** One image with a layer of files, an empty layer, and one with a whiteout. */
export function matrixImage(
  { family, compression, platform }: {
    readonly family: MediaFamily;
    readonly compression: Compression;
    readonly platform: string;
  },
): Image {
  const form = { family, compression };
  const layers: readonly Layer[] = [
    layerFromEntries([
      { path: "bin", type: "directory" },
      { path: "bin/app", content: `for ${platform}\n`, mode: 0o755 },
      { path: "bin/link", type: "symlink", linkName: "app" },
      { path: "bin/same", type: "hardlink", linkName: "bin/app" },
    ], form),
    layerFromEntries([], form),
    layerFromEntries([{ path: "bin/.wh.link" }], form),
  ];
  return appendLayers(emptyImage({ family, platform: parsePlatform(platform) }), layers);
}
