import { type Digest, hexOf } from "../oci/digest.ts";
import { containerdName, parseReference } from "../oci/reference.ts";
import type { Accepts } from "../store/store.ts";
import type { ArchiveContents, ArchiveEntry, ArchiveForm } from "./archive_form.ts";
import { type ArchivedImage, layerSourcesOf, readArchivedImages } from "./archived_image.ts";
import { annotateName, blobPath, indexEntry, layoutEntry } from "./oci_entries.ts";
import { splitRepoTag, toRepoTag } from "./repo_tag.ts";
import { encodeSavedImages, MANIFEST_JSON } from "./saved_image.ts";

const ACCEPTS: Accepts = { index: false, compressions: ["none", "gzip"], nondistributable: true };

/** What Docker since 25 saves: an OCI layout with a `manifest.json` that names the same blobs. */
export const DOCKER_LAYOUT_FORM: ArchiveForm = {
  accepts: ACCEPTS,
  anyOrder: true,
  blobName: blobPath,
  toName: toRepoTag,
  arrange(contents) {
    const images = readArchivedImages(contents);
    return Promise.resolve([
      ...layerEntries(images, blobPath),
      ...documentEntries(images, contents),
      indexEntry(
        images,
        (repoTag) =>
          annotateName(containerdName(parseReference(repoTag)), splitRepoTag(repoTag).tag),
      ),
      manifestEntry(images, blobPath, blobPath),
      layoutEntry(),
    ]);
  },
};

/** What go-containerregistry saves: configs and layers at the top, and a `manifest.json`. */
export const DOCKER_FLAT_FORM: ArchiveForm = {
  accepts: ACCEPTS,
  anyOrder: false,
  blobName: flatLayerPath,
  toName: toRepoTag,
  arrange(contents) {
    const images = readArchivedImages(contents);
    const entries = images.flatMap((image): ArchiveEntry[] => [
      { name: image.manifest.config.digest, body: image.configBytes },
      ...layerEntries([image], flatLayerPath),
    ]);
    return Promise.resolve([
      ...new Map(entries.map((entry) => [entry.name, entry])).values(),
      manifestEntry(images, (digest) => digest, flatLayerPath),
    ]);
  },
};

/** The ending is `.tar.gz` whatever the compression: the form is older than the other two. */
function flatLayerPath(digest: Digest): string {
  return `${hexOf(digest)}.tar.gz`;
}

function layerEntries(
  images: readonly ArchivedImage[],
  pathOf: (digest: Digest) => string,
): ArchiveEntry[] {
  const digests = images.flatMap(({ layers }) => layers.map(({ descriptor }) => descriptor.digest));
  return [...new Set(digests)].map((digest) => ({ name: pathOf(digest), body: digest }));
}

function documentEntries(
  images: readonly ArchivedImage[],
  { documents }: ArchiveContents,
): ArchiveEntry[] {
  const digests = images.flatMap(({ manifest, descriptor }) => [
    manifest.config.digest,
    descriptor.digest,
  ]);
  return [...new Set(digests)].flatMap((digest) => {
    const body = documents.get(digest);
    return body === undefined ? [] : [{ name: blobPath(digest), body }];
  });
}

function manifestEntry(
  images: readonly ArchivedImage[],
  configPathOf: (digest: Digest) => string,
  layerPathOf: (digest: Digest) => string,
): ArchiveEntry {
  const saved = images.map((image) => ({
    config: configPathOf(image.manifest.config.digest),
    repoTags: image.names,
    layers: image.layers.map(({ descriptor }) => layerPathOf(descriptor.digest)),
    layerSources: layerSourcesOf(image),
  }));
  return { name: MANIFEST_JSON, body: encodeSavedImages(saved) };
}
