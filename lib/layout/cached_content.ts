import { BlobLayer } from "../layer/blob_layer.ts";
import type { ContentSource } from "../layer/content_source.ts";
import { isStoredAsManifest } from "../oci/media_type.ts";
import { layerContent } from "../store/content.ts";
import type { Layout } from "./layout.ts";

/**
 * The content of another place by way of a layout: what is there is not fetched again. Manifests are
 * not kept, and nothing becomes a root: the layout is a heap of verified blobs.
 *
 * @example
 * ```ts
 * import { cachedContent, createLayout } from "@davit/davit/layout";
 * import { MemoryStore } from "@davit/davit/store";
 *
 * await using layout = await createLayout("cache");
 * console.assert("fetch" in cachedContent(new MemoryStore(), layout));
 * ```
 */
export function cachedContent(source: ContentSource, layout: Layout): ContentSource {
  return {
    async fetch(descriptor, options = {}) {
      if (isStoredAsManifest(descriptor.mediaType)) return await source.fetch(descriptor, options);
      const { signal } = options;
      const blob = new BlobLayer({ descriptor, origin: source });
      await layout.write(layerContent(blob), signal === undefined ? {} : { signal });
      return await layout.fetch(descriptor, options);
    },
  };
}
