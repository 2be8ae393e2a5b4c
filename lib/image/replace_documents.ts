import { parseJson } from "../oci/json.ts";
import { editImage } from "./edit_image.ts";
import type { Image, View } from "./image.ts";
import { mapImages } from "./map_images.ts";

/**
 * Gives an image another config, to the byte; its manifest follows. An artifact's config may be any
 * bytes, and so may an image's: whether it makes sense is for whoever runs it.
 *
 * @example
 * ```ts
 * import { emptyImage, replaceConfig } from "@davit/davit/image";
 *
 * const image = replaceConfig(emptyImage(), new TextEncoder().encode("{}"));
 * console.assert((await image.configDescriptor()).size === 2);
 * ```
 */
export function replaceConfig(image: Image, config: Uint8Array): Image {
  return editImage(image, { configBytes: config });
}

/** Options of {@linkcode replaceManifest}. */
export interface ReplaceManifestOptions {
  /** What the document is; what it says itself unless said, else what the former one was. */
  readonly mediaType?: string;
}

/**
 * Gives an image, or an index, another manifest, to the byte. What it lists has to be where it goes:
 * only what the former one lists goes along.
 *
 * @throws {DocumentError} When the bytes are no JSON document.
 */
export async function replaceManifest(
  view: View,
  bytes: Uint8Array,
  options: ReplaceManifestOptions = {},
): Promise<View> {
  const document = parseJson(bytes, "manifest");
  const text = new TextDecoder().decode(bytes);
  const { mediaType } = { mediaType: saidType(document), ...options };
  if (view.kind === "index") {
    const index = await mapImages(view, (image) => image, {
      index: (former, depth) => depth === 0 ? text : former,
    });
    return mediaType === undefined ? index : retyped(index, mediaType);
  }
  return await mapImages(view, (image) =>
    editImage(image, {
      manifest: () => text,
      descriptor: (descriptor) => ({ ...descriptor, ...(mediaType && { mediaType }) }),
    }));
}

function saidType(document: unknown): string | undefined {
  const { mediaType } = (document ?? {}) as { readonly mediaType?: unknown };
  return typeof mediaType === "string" ? mediaType : undefined;
}

function retyped(view: View, mediaType: string): View {
  if (view.kind !== "index") return view;
  return {
    kind: "index",
    manifest: () => view.manifest(),
    children: () => view.children(),
    descriptor: async () => ({ ...await view.descriptor(), mediaType }),
  };
}
