import type { View } from "../../lib/image/image.ts";
import { openView } from "../../lib/image/open_view.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { bytesContent, describeBytes } from "../../lib/store/content.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { makeImage } from "../support/images.ts";

/** Where something unknown may stand. */
export const PLACES = [
  "outer index",
  "outer entry",
  "index",
  "index entry",
  "index platform",
  "attestation entry",
  "manifest",
  "config descriptor",
  "layer 0",
  "layer 1",
  "config",
  "container",
  "rootfs",
  "history 0",
  "history 1",
] as const;

/** One of {@linkcode PLACES}. */
export type Place = (typeof PLACES)[number];

/** JSON of an unknown member, for each place. */
export type Unknowns = Readonly<Record<Place, string>>;

/** A descriptor with its content within. */
type Embedded = Descriptor & Required<Pick<Descriptor, "data">>;

/**
 * An index in an index: of one image, its attestation and another image, with something unknown at
 * every place, and all content within the descriptors.
 */
export async function openOdd(unknown: Unknowns): Promise<View> {
  const store = new MemoryStore();
  const put = async (text: string | Uint8Array, mediaType: string): Promise<Embedded> => {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    const descriptor = await describeBytes(bytes, mediaType);
    await store.write(bytesContent(bytes, descriptor));
    return { ...descriptor, data: bytes.toBase64() };
  };
  /** The JSON of an object with one more member, first and so in the way. */
  const odd = (place: Place, object: object): string =>
    JSON.stringify(object).replace("{", `{"x ${place}":${unknown[place]},`);
  const [config, layers] = await putParts(put, odd);
  const manifest = await put(
    `${odd("manifest", { schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest }).slice(0, -1)},` +
      `"config":${odd("config descriptor", config)},"layers":[${layers.join(",")}],` +
      `"annotations":{"kept":"no","kept-note":"yes"}}`,
    MEDIA_TYPE.ociManifest,
  );
  const attestation = await put(
    JSON.stringify({ schemaVersion: 2, config: await put("{}", MEDIA_TYPE.ociEmpty), layers: [] }),
    MEDIA_TYPE.ociManifest,
  );
  const entry = odd("index entry", manifest).slice(0, -1);
  const platform = odd("index platform", {
    os: "linux",
    architecture: "amd64",
    variant: "v3",
    "os.version": "1.0",
    "os.features": ["y"],
  });
  const about = odd("attestation entry", {
    ...attestation,
    platform: { os: "unknown", architecture: "unknown" },
    annotations: { "vnd.docker.reference.digest": manifest.digest },
  });
  const other = { ...await putOther(put), platform: { os: "linux", architecture: "s390x" } };
  const putIndex = (place: Place, entries: readonly string[]) =>
    put(
      `${odd(place, { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex }).slice(0, -1)},` +
        `"manifests":[${entries.join(",")}]}`,
      MEDIA_TYPE.ociIndex,
    );
  const entries = [`${entry},"platform":${platform}}`, about, JSON.stringify(other)];
  const inner = await putIndex("index", entries);
  return openView(store, await putIndex("outer index", [odd("outer entry", inner)]));
}

type Put = (text: string | Uint8Array, mediaType: string) => Promise<Embedded>;

/** The config, and the JSON of the layers' descriptors. */
async function putParts(
  put: Put,
  odd: (place: Place, object: object) => string,
): Promise<readonly [Embedded, readonly string[]]> {
  const layers = [layerFromEntries([{ path: "a" }]), layerFromEntries([{ path: "b" }])];
  const diffIds = await Promise.all(layers.map((layer) => layer.diffId()));
  const texts = await Promise.all(layers.map(async (layer, at) => {
    const blob = await put(
      await new Response(layer.compressed()).bytes(),
      MEDIA_TYPE.ociLayerGzip,
    );
    const urls = ["https://elsewhere.example/layer"];
    return odd(`layer ${at}` as Place, { ...blob, urls, annotations: { "layer-note": "yes" } });
  }));
  const head = { os: "linux", architecture: "amd64", created: "2020-01-01T00:00:00Z" };
  const rest = odd("config", head).slice(0, -1);
  const history = [0, 1].map((at) => odd(`history ${at}` as Place, { created_by: `step ${at}` }));
  const config = await put(
    `${rest},"config":${odd("container", { Env: ["A=0"], Cmd: ["c"], Labels: { l: "1" } })},` +
      `"os.features":["x"],"rootfs":${odd("rootfs", { type: "layers", diff_ids: diffIds })},` +
      `"history":[${history.join(",")}]}`,
    MEDIA_TYPE.ociConfig,
  );
  return [config, texts];
}

/** An image of another platform, with as many layers. */
async function putOther(put: Put): Promise<Descriptor> {
  const image = makeImage([[{ path: "a" }], [{ path: "b" }]]);
  for (const layer of await image.layers()) {
    await put(await new Response(layer.compressed()).bytes(), layer.mediaType);
  }
  const { mediaType } = await image.configDescriptor();
  await put(await image.config(), mediaType);
  return await put(await image.manifest(), MEDIA_TYPE.ociManifest);
}
