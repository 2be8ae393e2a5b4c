import type { Annotations } from "../oci/annotations.ts";
import { ANNOTATION } from "../oci/annotations.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { parseIndex } from "../oci/image_index.ts";
import { parseManifest } from "../oci/manifest.ts";
import { isIndexType, isManifestType } from "../oci/media_type.ts";
import { containerdName, parseReference } from "../oci/reference.ts";
import type { ArchiveContents, ArchiveEntry, ArchiveForm } from "./archive_form.ts";
import { annotateName, blobPath, indexEntry, layoutEntry } from "./oci_entries.ts";

/** The OCI image layout as a tar: blobs children first, then what lists them. */
export const OCI_FORM: ArchiveForm = {
  accepts: { index: true, compressions: ["none", "gzip", "zstd"] },
  anyOrder: true,
  blobName: blobPath,
  toName: (name) => name,
  arrange: (contents) =>
    Promise.resolve([
      ...arrangeBlobs(contents),
      indexEntry(contents.roots, annotate),
      layoutEntry(),
    ]),
};

/** A name is kept as it is; the name of an image is written in containerd's way as well. */
function annotate(name: string): Annotations {
  if (!/[:/]/.test(name)) return { [ANNOTATION.refName]: name };
  try {
    return annotateName(containerdName(parseReference(name)), name);
  } catch {
    return { [ANNOTATION.refName]: name };
  }
}

/** Blobs first and documents behind them, each in the order in which the roots come to them. */
function arrangeBlobs({ roots, documents, blobs }: ArchiveContents): ArchiveEntry[] {
  const reached = new Set<Digest>();
  const ahead: (Descriptor | Digest)[] = roots.map(({ descriptor }) => descriptor).reverse();
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (typeof next === "string") {
      reached.add(next);
    } else if (!reached.has(next.digest)) {
      const document = documents.get(next.digest);
      const children = document === undefined ? [] : childrenOf(document, next.mediaType);
      ahead.push(next.digest, ...children.toReversed());
    }
  }
  for (const digest of [...blobs.keys(), ...documents.keys()].sort()) reached.add(digest);
  const entries = [...reached].map((digest) => ({ name: blobPath(digest), digest }));
  return [
    ...entries.flatMap(({ name, digest }) => blobs.has(digest) ? [{ name, body: digest }] : []),
    ...entries.flatMap(({ name, digest }) => {
      const body = documents.get(digest);
      return body === undefined ? [] : [{ name, body }];
    }),
  ];
}

function childrenOf(document: Uint8Array, mediaType: string): readonly Descriptor[] {
  if (isIndexType(mediaType)) return parseIndex(document, mediaType).manifests;
  if (!isManifestType(mediaType)) return [];
  const { layers, config } = parseManifest(document, mediaType);
  return [...layers, config];
}
