import type { Layer } from "../layer/layer.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { jsonItemsAt, type JsonPath, removeJson, setJson } from "../oci/json.ts";
import { parseManifest } from "../oci/manifest.ts";
import { readAll } from "../stream/read_all.ts";
import type { AddedLayer, StackedLayer } from "./edit_image.ts";
import type { Image } from "./image.ts";

/** What of a descriptor depends on the content that it names. */
type ContentDescriptor = Pick<Descriptor, "mediaType" | "digest" | "size" | "data">;

/** Says whether two descriptors name the same bytes as the same thing. */
export function isSameContent(one: ContentDescriptor, other: ContentDescriptor): boolean {
  return one.digest === other.digest && one.mediaType === other.mediaType;
}

/** Writes the parts of a descriptor that depend on its content; its other fields stay. */
export function setDescriptor(text: string, path: JsonPath, descriptor: ContentDescriptor): string {
  text = setJson(text, [...path, "mediaType"], descriptor.mediaType);
  text = setJson(text, [...path, "digest"], descriptor.digest);
  text = setJson(text, [...path, "size"], descriptor.size);
  return descriptor.data === undefined
    ? removeJson(text, [...path, "data"])
    : setJson(text, [...path, "data"], descriptor.data);
}

/** Brings the layers of a manifest's text up to date, each in its place. */
export async function replaceLayers(text: string, layers: readonly Layer[]): Promise<string> {
  const { layers: before } = parseManifest(new TextEncoder().encode(text));
  for (const [position, layer] of layers.entries()) {
    text = await updateLayer(text, ["layers", position], { layer, before: before[position] });
  }
  return text;
}

/** The descriptors of a new stack's layers, as JSON texts. */
export async function stackedTexts(stack: readonly StackedLayer[]): Promise<readonly string[]> {
  const sources = new Map<Image, Promise<LayerTexts>>();
  return await Promise.all(stack.map(async ({ layer, from }) => {
    if (from === undefined) return JSON.stringify(await describeAdded({ layer }));
    const source = sources.get(from.image) ?? readLayerTexts(from.image);
    sources.set(from.image, source);
    const { texts, layers } = await source;
    const text = texts[from.position];
    if (text === undefined) throw new RangeError(`Cannot find layer ${from.position} of an image`);
    return await updateLayer(text, [], { layer, before: layers[from.position] });
  }));
}

/** Describes a layer that is put on top: in one order, whether its bytes have passed or not. */
export async function describeAdded(
  { layer, annotations, urls }: AddedLayer,
): Promise<Record<string, unknown>> {
  const { mediaType: _type, size: _size, digest: _digest, ...others } = layer.descriptor ?? {};
  return {
    mediaType: layer.mediaType,
    size: await layer.size(),
    digest: await layer.digest(),
    ...others,
    ...(urls === undefined ? {} : { urls }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

interface LayerTexts {
  readonly texts: readonly string[];
  readonly layers: readonly Descriptor[];
}

async function readLayerTexts(image: Image): Promise<LayerTexts> {
  const bytes = await image.manifest();
  const text = new TextDecoder().decode(bytes);
  return { texts: jsonItemsAt(text, ["layers"]), layers: parseManifest(bytes).layers };
}

/** What only holds for the very bytes of a layer: tables of contents of lazy pullers. */
const OF_THE_BYTES =
  /^(?:containerd\.io\/snapshot\/stargz\/|io\.containers\.(?:zstd-chunked|estargz)\.)/;

/** The largest layer that stays within its descriptor when its bytes become others. */
const MAX_EMBEDDED_BYTES = 256 * 1024;

/** Other bytes lie elsewhere, and nobody has listed what is where in them. */
async function updateLayer(
  text: string,
  path: JsonPath,
  { layer, before }: { readonly layer: Layer; readonly before: Descriptor | undefined },
): Promise<string> {
  const { mediaType } = layer;
  const digest = await layer.digest();
  if (before !== undefined && isSameContent({ mediaType, digest, size: 0 }, before)) return text;
  if (digest === before?.digest) return setJson(text, [...path, "mediaType"], mediaType);
  const size = await layer.size();
  const isEmbedded = before?.data !== undefined && layer.replayable === true &&
    size <= MAX_EMBEDDED_BYTES;
  const data = isEmbedded ? { data: await readEmbedded(layer) } : {};
  text = setDescriptor(text, path, { mediaType, digest, size, ...data });
  text = removeJson(text, [...path, "urls"]);
  const stale = Object.keys(before?.annotations ?? {}).filter((key) => OF_THE_BYTES.test(key));
  return stale.reduce((kept, key) => removeJson(kept, [...path, "annotations", key]), text);
}

async function readEmbedded(layer: Layer): Promise<string> {
  const what = `layer "${await layer.digest()}"`;
  return (await readAll(layer.compressed(), { maxBytes: MAX_EMBEDDED_BYTES, what })).toBase64();
}
