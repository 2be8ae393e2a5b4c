import type { View } from "../../lib/image/image.ts";
import { isStored, openView } from "../../lib/image/open_view.ts";
import type { ContentSource } from "../../lib/layer/content_source.ts";
import { cachedContent } from "../../lib/layout/cached_content.ts";
import type { Layout } from "../../lib/layout/layout.ts";
import type { OpenedSource } from "../../lib/places/open.ts";
import type { Source } from "../../lib/store/store.ts";

/** A view whose blobs come by way of a layout; what lies in an archive here needs no second copy. */
export async function cachedView({ view, source }: OpenedSource, cache: Layout): Promise<View> {
  if (!isStored(view) || !hasContent(source)) return view;
  return openView(cachedContent(source, cache), await view.descriptor());
}

function hasContent(source: Source): source is Source & ContentSource {
  return "fetch" in source && typeof source.fetch === "function";
}
