import type { History } from "../oci/config.ts";
import { type Digest, hexOf } from "../oci/digest.ts";
import { parseJson } from "../oci/json.ts";
import { DigestMismatchError, DocumentError, UnsupportedError } from "../errors.ts";
import type { ArchiveContents, ArchiveEntry, ArchiveForm } from "./archive_form.ts";
import { type ArchivedImage, layerSourcesOf, readArchivedImages } from "./archived_image.ts";
import { isJsonObject } from "./json_object.ts";
import { toRepoTag } from "./repo_tag.ts";
import { encodeRepositories, REPOSITORIES } from "./repositories.ts";
import { encodeSavedImages, MANIFEST_JSON } from "./saved_image.ts";
import { v1LayerId } from "./v1_id.ts";
import { formatV1Json, type V1Layer } from "./v1_json.ts";

/** A v1 layer with the blob that holds its tar. */
interface LegacyLayer extends V1Layer {
  readonly digest: Digest;
}

/** What Docker before 25 saved: a directory for each layer, in the image format v1. */
export const LEGACY_FORM: ArchiveForm = {
  accepts: {
    index: false,
    compressions: ["none", "gzip", "zstd"],
    prefers: "none",
    nondistributable: true,
  },
  plainLayers: true,
  anyOrder: false,
  blobName: (digest) => digest,
  toName: toRepoTag,
  async arrange(contents) {
    const images = readArchivedImages(contents);
    for (const image of images) checkDiffIds(image, contents);
    const chained = await Promise.all(
      images.map(async (image) => ({ image, chain: await chainOf(image) })),
    );
    chained.sort((a, b) => compare(configOf(a), configOf(b)));
    const entries = chained.flatMap(imageEntries);
    return [
      ...new Map(entries.map((entry) => [entry.name, entry])).values(),
      manifestEntry(chained),
      repositoriesEntry(chained),
    ];
  },
};

/** An image with its layers in the format v1, base first. */
interface ChainedImage {
  readonly image: ArchivedImage;
  readonly chain: readonly LegacyLayer[];
}

function configOf({ image }: ChainedImage): Digest {
  return image.manifest.config.digest;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function checkDiffIds({ layers }: ArchivedImage, { blobs }: ArchiveContents): void {
  for (const { descriptor, diffId } of layers) {
    const actual = blobs.get(descriptor.digest)?.diffId;
    if (actual !== undefined && actual !== diffId) throw new DigestMismatchError(diffId, actual);
  }
}

async function chainOf(image: ArchivedImage): Promise<LegacyLayer[]> {
  const { configBytes, layers } = image;
  const histories = historiesOf(image);
  const document = parseJson(configBytes, "config");
  const chain: LegacyLayer[] = [];
  for (const [position, { descriptor: { digest } }] of layers.entries()) {
    const history = histories[position] ?? {};
    const parent = chain.at(-1)?.id ?? "";
    const isTop = position === layers.length - 1;
    const id = await v1LayerId(digest, parent, isTop ? configBytes : undefined);
    const layer = { id, parent, history, digest };
    chain.push(isTop && isJsonObject(document) ? { ...layer, image: document } : layer);
  }
  return chain;
}

/** The history entries that a layer belongs to: as many as layers, or none at all. */
function historiesOf({ config, layers, descriptor }: ArchivedImage): readonly History[] {
  if (layers.length === 0) {
    throw new UnsupportedError(
      `Cannot write image "${descriptor.digest}" into a legacy Docker archive: expected at least ` +
        `one layer, for the format v1 knows an image by its top layer, got none`,
    );
  }
  const histories = (config.history ?? []).filter(({ empty_layer = false }) => !empty_layer);
  if (histories.length === 0 || histories.length === layers.length) return histories;
  throw new DocumentError(
    `Cannot write image "${descriptor.digest}" into a legacy Docker archive: expected as many ` +
      `history entries with a layer as layers (${layers.length}), got ${histories.length}`,
  );
}

function imageEntries({ image, chain }: ChainedImage): ArchiveEntry[] {
  return [
    { name: configPath(image), body: image.configBytes },
    ...chain.flatMap((layer): ArchiveEntry[] => [
      { name: layerPath(layer), body: layer.digest },
      { name: `${layer.id}/json`, body: encode(formatV1Json(layer)) },
      { name: `${layer.id}/VERSION`, body: encode("1.0") },
    ]),
  ];
}

function manifestEntry(chained: readonly ChainedImage[]): ArchiveEntry {
  const saved = chained.map(({ image, chain }) => ({
    config: configPath(image),
    repoTags: image.names,
    layers: chain.map(layerPath),
    layerSources: layerSourcesOf(image),
  }));
  return { name: MANIFEST_JSON, body: encodeSavedImages(saved) };
}

function repositoriesEntry(chained: readonly ChainedImage[]): ArchiveEntry {
  const tops = chained.map(({ image, chain }) => ({
    id: chain.at(-1)?.id ?? "",
    repoTags: image.names,
  }));
  return { name: REPOSITORIES, body: encodeRepositories(tops) };
}

function configPath({ manifest }: ArchivedImage): string {
  return `${hexOf(manifest.config.digest)}.json`;
}

function layerPath({ id }: LegacyLayer): string {
  return `${id}/layer.tar`;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
