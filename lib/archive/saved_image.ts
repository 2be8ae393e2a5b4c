import { type Descriptor, readDescriptor } from "../oci/descriptor.ts";
import { DocumentField } from "../oci/document_field.ts";
import { encodeGoJson } from "../oci/go_json.ts";
import { parseJson } from "../oci/json.ts";
import { formatGoMap, formatGoStruct } from "./go_object.ts";

/** One image of a `docker save` tar: an item of `manifest.json`. */
export interface SavedImage {
  /** The path of the image config. */
  readonly config: string;
  /** Names with a tag; none for an image that only its digest tells. */
  readonly repoTags: readonly string[];
  /** The paths of the layers, base first. */
  readonly layers: readonly string[];
  /** Where non-distributable layers come from, by diff ID. */
  readonly layerSources: ReadonlyMap<string, Descriptor>;
}

/** The file that lists the images of a `docker save` tar. */
export const MANIFEST_JSON = "manifest.json";

/** Writes `manifest.json` byte for byte as Go does. */
export function encodeSavedImages(images: readonly SavedImage[]): Uint8Array {
  return new TextEncoder().encode(`[${images.map(formatSavedImage).join(",")}]`);
}

/**
 * Reads `manifest.json`.
 *
 * @throws {DocumentError} When it is no list of images.
 */
export function parseSavedImages(bytes: Uint8Array): SavedImage[] {
  const root = new DocumentField(MANIFEST_JSON, parseJson(bytes, MANIFEST_JSON));
  if (!root.isPresent) throw root.unexpected("a list of images");
  return root.items().map((item) => {
    const layers = item.member("Layers").items();
    return {
      config: item.member("Config").string(),
      repoTags: item.member("RepoTags").optional((tags) => tags.strings()) ?? [],
      layers: layers.map((layer) => layer.string()),
      layerSources: item.member("LayerSources").optional(readLayerSources) ?? new Map(),
    };
  });
}

function readLayerSources(sources: DocumentField): Map<string, Descriptor> {
  return new Map(sources.members().map(([diffId, source]) => [diffId, readDescriptor(source)]));
}

function formatSavedImage({ config, repoTags, layers, layerSources }: SavedImage): string {
  const sources = [...layerSources].map(([diffId, source]) =>
    [diffId, formatDescriptor(source)] as const
  );
  return formatGoStruct([
    ["Config", encodeGoJson(config)],
    ["RepoTags", repoTags.length === 0 ? "null" : encodeGoJson(repoTags)],
    ["Layers", encodeGoJson(layers)],
    ["LayerSources", sources.length === 0 ? undefined : formatGoMap(sources)],
  ]);
}

function formatDescriptor(descriptor: Descriptor): string {
  const { mediaType, size, digest, data, urls = [], annotations = {} } = descriptor;
  const notes = Object.entries(annotations).map(([key, value]) =>
    [key, encodeGoJson(value)] as const
  );
  return formatGoStruct([
    ["mediaType", encodeGoJson(mediaType)],
    ["size", String(size)],
    ["digest", encodeGoJson(digest)],
    ["data", data === undefined ? undefined : encodeGoJson(data)],
    ["urls", urls.length === 0 ? undefined : encodeGoJson(urls)],
    ["annotations", notes.length === 0 ? undefined : formatGoMap(notes)],
  ]);
}
