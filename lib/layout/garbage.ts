import { UnsupportedError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { parseIndex } from "../oci/image_index.ts";
import { MAX_MANIFEST_BYTES } from "../oci/limits.ts";
import { parseManifest } from "../oci/manifest.ts";
import { isIndexType, isManifestType } from "../oci/media_type.ts";
import { listed } from "../store/listed.ts";
import { withLock } from "../store/lock.ts";
import { readAll } from "../stream/read_all.ts";
import { BlobDirectory } from "./blob_directory.ts";
import { IndexFile } from "./index_file.ts";
import type { Layout } from "./layout.ts";

/** Options of {@linkcode collectLayout}. */
export interface CollectLayoutOptions {
  /** Only tells what would be removed; `false` unless said. */
  readonly dryRun?: boolean;
}

/** A blob that nothing in a layout needed. */
export interface UnneededBlob {
  /** What names it. */
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/**
 * Removes the blobs of a layout that nothing its `index.json` lists needs. While it looks and
 * removes, nobody can put roots into the index; what somebody has written for a root to come goes,
 * though. Parts that the layout lacks are no matter.
 *
 * @throws {UnsupportedError} When the index lists a document that may need what nobody knows: then
 * nothing is removed.
 * @throws {DocumentError} When a manifest is none; likewise.
 * @example
 * ```ts
 * import { collectLayout, createLayout } from "@davit/davit/layout";
 * import { emptyImage } from "@davit/davit/image";
 * import { copy } from "@davit/davit/store";
 *
 * const directory = await Deno.makeTempDir();
 * await using layout = await createLayout(directory);
 * await copy(emptyImage(), layout, { names: ["v1"] });
 * await layout.commit();
 * await layout.delete("v1");
 * console.assert((await collectLayout(layout)).length === 2);
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function collectLayout(
  layout: Layout,
  { dryRun = false }: CollectLayoutOptions = {},
): Promise<readonly UnneededBlob[]> {
  const blobs = new BlobDirectory(layout.path);
  return await withLock(`${layout.path}/oci-layout`, async () => {
    const needed = await findNeeded(layout);
    const unneeded: UnneededBlob[] = [];
    for await (const { digest, size } of blobs.list()) {
      if (!needed.has(digest)) unneeded.push({ digest, size });
    }
    if (!dryRun) { for (const { digest } of unneeded) await blobs.remove(digest); }
    return unneeded;
  });
}

async function findNeeded(layout: Layout): Promise<ReadonlySet<Digest>> {
  const needed = new Set<Digest>();
  const read = async (descriptor: Descriptor) => {
    if (!await layout.holds(descriptor)) return undefined;
    const what = `"${descriptor.digest}"`;
    return await readAll(await layout.fetch(descriptor), { maxBytes: MAX_MANIFEST_BYTES, what });
  };
  const childrenOf = async (index: Descriptor) => {
    const bytes = await read(index);
    return bytes === undefined ? [] : parseIndex(bytes, index.mediaType).manifests;
  };
  const roots = await new IndexFile(layout.path).read();
  for await (const item of listed([...roots].map(({ descriptor }) => descriptor), childrenOf)) {
    const { mediaType, digest } = item;
    needed.add(digest);
    if (!isManifestType(mediaType)) {
      if (isIndexType(mediaType) || !mediaType.endsWith("json")) continue;
      throw new UnsupportedError(
        `Cannot tell what "${digest}" needs: expected an image or an index, got "${mediaType}"`,
      );
    }
    const bytes = await read(item);
    if (bytes === undefined) continue;
    const { config, layers } = parseManifest(bytes, mediaType);
    for (const part of [config, ...layers]) needed.add(part.digest);
  }
  return needed;
}
