import { ANNOTATION } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { parseIndex } from "../oci/image_index.ts";
import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { parseManifest } from "../oci/manifest.ts";
import { isIndexType, isManifestType, MEDIA_TYPE } from "../oci/media_type.ts";
import { readAll } from "../stream/read_all.ts";
import type { ArchiveBlobs } from "./archive_blobs.ts";
import type { ArchiveFiles } from "./archive_files.ts";
import { blobPath, INDEX_JSON } from "./oci_entries.ts";
import { fullRepoTag } from "./repo_tag.ts";

/**
 * Finds the manifest that an image had where it came from, in the OCI layout beside
 * `manifest.json`; `undefined` unless the archive has it with all its blobs. Of several manifests
 * with one config, that of the image's name is its own.
 *
 * @param config The path of the image's config, after all links.
 * @param repoTags What the image is called.
 */
export async function findOriginalManifest(
  files: ArchiveFiles,
  blobs: ArchiveBlobs,
  config: string,
  repoTags: readonly string[],
): Promise<Descriptor | undefined> {
  const index = await files.bytes(INDEX_JSON, { what: INDEX_JSON, maxBytes: MAX_MANIFEST_BYTES });
  if (index === undefined) return undefined;
  const names = new Set(repoTags.map(fullRepoTag));
  const { named = [], others = [] } = Object.groupBy(
    parseIndex(index, MEDIA_TYPE.ociIndex).manifests,
    (root) => names.has(containerdNameOf(root)) ? "named" : "others",
  );
  const seen = new Set<Digest>();
  const ahead = [...named, ...others];
  for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
    if (seen.has(next.digest) || !await blobs.has(next)) continue;
    seen.add(next.digest);
    if (isIndexType(next.mediaType)) {
      ahead.push(...parseIndex(await read(blobs, next), next.mediaType).manifests);
    } else if (isManifestType(next.mediaType)) {
      const manifest = parseManifest(await read(blobs, next), next.mediaType);
      if (blobPath(manifest.config.digest) !== config) continue;
      const present = await Promise.all(manifest.layers.map((layer) => blobs.has(layer)));
      if (present.every((isThere) => isThere)) return next;
    }
  }
}

function containerdNameOf({ annotations = {} }: Descriptor): string {
  return fullRepoTag(annotations[ANNOTATION.containerdImageName] ?? "");
}

async function read(blobs: ArchiveBlobs, descriptor: Descriptor): Promise<Uint8Array> {
  return await readAll(await blobs.fetch(descriptor), {
    what: `manifest "${descriptor.digest}"`,
    maxBytes: MAX_MANIFEST_BYTES,
  });
}
