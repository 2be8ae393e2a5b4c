import { appendLayers } from "../../lib/image/append.ts";
import { configureImage } from "../../lib/image/configure.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import type { Image } from "../../lib/image/image.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import type { MediaFamily } from "../../lib/oci/media_type.ts";
import { parsePlatform } from "../../lib/oci/platform.ts";

/** Options of {@linkcode makeImage}. */
export interface MakeImageOptions {
  readonly family?: MediaFamily;
  readonly platform?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An image with one layer for each list of entries. */
export function makeImage(
  layers: readonly (readonly LayerEntry[])[],
  { family = "oci", platform = "linux/amd64", labels = {} }: MakeImageOptions = {},
): Image {
  const base = emptyImage({ family, platform: parsePlatform(platform) });
  const added = layers.map((entries) => layerFromEntries(entries, { family }));
  return configureImage(appendLayers(base, added), { labels });
}

/** The text of a document's bytes. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The JSON of a document's bytes. */
// deno-lint-ignore no-explicit-any
export function jsonOf(bytes: Uint8Array): any {
  return JSON.parse(textOf(bytes));
}
