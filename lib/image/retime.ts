import type { Layer } from "../layer/layer.ts";
import { TarLayer } from "../layer/tar_layer.ts";
import { parseConfig } from "../oci/config.ts";
import { removeJson, setJson } from "../oci/json.ts";
import {
  compressionOf,
  familyOf,
  isImageConfigType,
  isNondistributable,
} from "../oci/media_type.ts";
import { present } from "../oci/present.ts";
import type { TarHeader } from "../tar/entry.ts";
import { readTar } from "../tar/read_tar.ts";
import { type TarInput, writeTar } from "../tar/write_tar.ts";
import { editImage } from "./edit_image.ts";
import type { Image, View } from "./image.ts";
import { mapPlatforms, type MapPlatformsOptions } from "./map_platforms.ts";

/** Options of {@linkcode retimeImages}. */
export interface RetimeOptions extends Pick<MapPlatformsOptions, "platforms"> {
  /** Seconds since 1970. */
  readonly seconds: number;
  /** Leaves what is older as it is, as reproducible builds ask for. */
  readonly clamp?: boolean;
  /** Takes away besides what tells of the machine: names of owners, the build's container. */
  readonly canonical?: boolean;
  /** How hard to compress the new tars. */
  readonly level?: number;
  /** How many workers compress; the bytes are the same. */
  readonly workers?: number;
}

const CREATION_TIME = "LIBARCHIVE.creationtime";

/** What a Docker build notes of where it ran. */
const OF_THE_MACHINE = [
  ["container"],
  ["container_config"],
  ["docker_version"],
  ["config", "Hostname"],
  ["config", "Domainname"],
  ["config", "Image"],
] as const;

/**
 * Gives everything in an image, or in all images of an index, one time: the files of its layers, the
 * image and its history. Layers keep their order, compression and media type; what is no layer, and
 * what may not be distributed, stays as it is. Done twice it is done once.
 *
 * @see {@link https://reproducible-builds.org/specs/source-date-epoch/ SOURCE_DATE_EPOCH}
 * @example
 * ```ts
 * import { appendLayers, emptyImage, retimeImages } from "@davit/davit/image";
 * import { layerFromEntries } from "@davit/davit/layer";
 *
 * const make = (mtime: number) => appendLayers(emptyImage(), [
 *   layerFromEntries([{ path: "motd", content: "ahoy", mtime }]),
 * ]);
 * const digests = await Promise.all([1, 2].map(async (mtime) => {
 *   const view = await retimeImages(make(mtime), { seconds: 0 });
 *   return (await view.descriptor()).digest;
 * }));
 * console.assert(digests[0] === digests[1]);
 * ```
 */
export async function retimeImages(view: View, options: RetimeOptions): Promise<View> {
  const { platforms = [] } = options;
  const retime = retimer(options);
  return await mapPlatforms(view, (image) => retimeImage(image, retime, options), { platforms });
}

async function retimeImage(
  image: Image,
  retime: (layer: Layer) => Layer,
  options: RetimeOptions,
): Promise<Image> {
  const { mediaType } = await image.configDescriptor();
  return editImage(image, {
    replaced: (layers) => layers.map(retime),
    replacesTars: true,
    ...(isImageConfigType(mediaType)
      ? { config: (text: string) => retimeConfig(text, options) }
      : {}),
  });
}

function retimeConfig(text: string, { seconds, clamp = false, canonical = false }: RetimeOptions) {
  const time = `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
  const { created, history = [] } = parseConfig(new TextEncoder().encode(text));
  const isLater = (given: string | undefined): boolean =>
    !clamp || given === undefined || !(Date.parse(given) <= seconds * 1000);
  if (isLater(created)) text = setJson(text, ["created"], time);
  for (const [position, entry] of history.entries()) {
    if (isLater(entry.created)) text = setJson(text, ["history", position, "created"], time);
  }
  return canonical ? OF_THE_MACHINE.reduce<string>(removeJson, text) : text;
}

/** Rewrites each layer once, however many platforms share it. */
function retimer(options: RetimeOptions): (layer: Layer) => Layer {
  const { level, workers } = options;
  const made = new Map<string, Layer>();
  return (layer) => {
    const { mediaType, descriptor } = layer;
    const compression = compressionOf(mediaType);
    if (compression === undefined || isNondistributable(mediaType)) return layer;
    const known = descriptor === undefined ? undefined : made.get(descriptor.digest);
    const form = { compression, family: familyOf(mediaType), ...present({ level, workers }) };
    const retimed = known ??
      new TarLayer(() => writeTar(retimedEntries(layer, options)), form);
    if (descriptor !== undefined) made.set(descriptor.digest, retimed);
    return retimed;
  };
}

async function* retimedEntries(layer: Layer, options: RetimeOptions): AsyncGenerator<TarInput> {
  for await (const entry of readTar(layer.uncompressed())) {
    const header = retimeHeader(entry.header, options);
    yield header.size === 0 ? { header } : { header, body: () => entry.body() };
  }
}

function retimeHeader(
  header: TarHeader,
  { seconds, clamp = false, canonical = false }: RetimeOptions,
): TarHeader {
  const mtime = clamp ? Math.min(header.mtime, seconds) : seconds;
  const { userName, groupName, vendorRecords, ...rest } = header;
  const owners = canonical ? {} : present({ userName, groupName });
  return { ...rest, ...owners, ...present({ vendorRecords: timeless(vendorRecords) }), mtime };
}

/** Without the time of creation that Windows takes from there; else it takes the `mtime`. */
function timeless(records: TarHeader["vendorRecords"]): TarHeader["vendorRecords"] {
  if (records?.has(CREATION_TIME) !== true) return records;
  return new Map([...records].filter(([key]) => key !== CREATION_TIME));
}
