import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { isIndexType } from "../oci/media_type.ts";

/**
 * Everything that roots list, directly or through indexes within indexes, each once; an index comes
 * before what it lists.
 *
 * @param childrenOf Reads what an index lists.
 */
export async function* listed(
  roots: Iterable<Descriptor>,
  childrenOf: (index: Descriptor) => Promise<readonly Descriptor[]>,
): AsyncGenerator<Descriptor> {
  const seen = new Set<Digest>();
  for (let level = [...roots]; level.length > 0;) {
    const next: Descriptor[] = [];
    for (const descriptor of level) {
      if (seen.has(descriptor.digest)) continue;
      seen.add(descriptor.digest);
      yield descriptor;
      if (isIndexType(descriptor.mediaType)) next.push(...await childrenOf(descriptor));
    }
    level = next;
  }
}
