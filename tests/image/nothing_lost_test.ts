/** What nobody has heard of survives every edit that does not name it, to the letter. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { appendLayers } from "../../lib/image/append.ts";
import { annotateImage, annotateIndex, configureImage } from "../../lib/image/configure.ts";
import { convertImages } from "../../lib/image/convert.ts";
import { flattenImage } from "../../lib/image/flatten.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { mapImages } from "../../lib/image/map_images.ts";
import { openView } from "../../lib/image/open_view.ts";
import { rebaseImage } from "../../lib/image/rebase.ts";
import { recompressImages } from "../../lib/image/recompress.ts";
import { removeLayers } from "../../lib/image/remove_layers.ts";
import { retimeImages } from "../../lib/image/retime.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { bytesContent, describeBytes } from "../../lib/store/content.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { makeImage, textOf } from "../support/images.ts";

/** Where something unknown may stand. */
const PLACES = [
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

type Place = (typeof PLACES)[number];

/** Values whose text JavaScript would write otherwise. */
const value = fc.constantFrom(
  "1e400",
  "1.0",
  "-0",
  "9007199254740993",
  '"\\u00e9\\/"',
  '{"z":1.50,"a":[null,{}]}',
  "[ 1,  2.0 ]",
  "null",
);

const unknowns = fc.record(
  Object.fromEntries(PLACES.map((place) => [place, value])) as Record<Place, typeof value>,
);

type Unknowns = Readonly<Record<Place, string>>;

interface Edit {
  readonly edit: (view: View) => View | Promise<View>;
  /** What the edit names, and so takes along. */
  readonly names?: readonly Place[];
}

const EDITS: Readonly<Record<string, Edit>> = {
  "configure": {
    edit: each((image) =>
      configureImage(image, {
        labels: { a: "1" },
        env: { A: "1" },
        cmd: ["x"],
        healthcheck: { Retries: 1 },
        platform: { os: "linux", architecture: "arm64" },
        history: [{ created_by: "x", empty_layer: true }],
      })
    ),
  },
  "clear": {
    edit: each((image) =>
      configureImage(image, { labels: null, env: null, cmd: null, created: null })
    ),
  },
  "annotate": { edit: each((image) => annotateImage(image, { a: "1", kept: null })) },
  "annotate the index": { edit: (view) => annotateIndex(view, { a: "1" }) },
  "append": { edit: each((image) => appendLayers(image, [layerFromEntries([{ path: "new" }])])) },
  "remove a layer": {
    edit: each((image) => removeLayers(image, ["top"])),
    names: ["layer 1", "history 1"],
  },
  "rebase": {
    edit: each(async (image) => {
      const oldBase = await lowest(image);
      const newBase = makeImage([[{ path: "new" }], [{ path: "base" }]]);
      return rebaseImage(image, { oldBase, newBase });
    }),
    names: ["layer 0", "history 0"],
  },
  "convert": { edit: (view) => convertImages(view, "docker") },
  "recompress": { edit: (view) => recompressImages(view, { compression: "zstd" }) },
  "retime": { edit: (view) => retimeImages(view, { seconds: 1, canonical: true }) },
  "squash": {
    edit: each((image) => flattenImage(image, { top: 1 })),
    names: ["layer 1", "history 1"],
  },
  "flatten": {
    edit: each((image) => flattenImage(image)),
    names: ["layer 0", "layer 1", "history 0", "history 1"],
  },
};

function each(edit: (image: Image) => Image | Promise<Image>) {
  return (view: View) => mapImages(view, edit);
}

/** A base of the image's lowest layer alone. */
async function lowest(image: Image): Promise<Image> {
  const [layer] = await image.layers();
  if (layer === undefined) throw new TypeError("no layer");
  return appendLayers(makeImage([]), [layer]);
}

for (const [name, { edit, names = [] }] of Object.entries(EDITS)) {
  Deno.test(`${name}: nothing unknown is lost, and an index stays one`, async () => {
    await fc.assert(
      fc.asyncProperty(unknowns, async (given) => {
        const view = await edit(await openOdd(given));
        assertEquals(view.kind, "index");
        const text = (await documentsOf(view)).join("\n");
        for (const place of PLACES) {
          if (names.includes(place)) continue;
          const member = `"x ${place}":${given[place]}`;
          assert(text.includes(member), `${member} in ${text}`);
        }
        for (const known of ['"kept-note":"yes"', '"os.features":["x"]']) {
          assert(text.includes(known), `${known} in ${text}`);
        }
      }),
      { numRuns: 15 },
    );
  });
}

/** Index, manifests and configs, as they are. */
async function documentsOf(view: View): Promise<string[]> {
  if (view.kind === "blob") return [];
  const texts = [textOf(await view.manifest())];
  if (view.kind === "image") texts.push(textOf(await view.config()));
  const children = view.kind === "index" ? await view.children() : [];
  for (const child of children) texts.push(...await documentsOf(child));
  return texts;
}

/** An index of one image and its attestation, with something unknown at every place. */
async function openOdd(unknown: Unknowns): Promise<View> {
  const store = new MemoryStore();
  const put = async (text: string | Uint8Array, mediaType: string) => {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    const descriptor = await describeBytes(bytes, mediaType);
    await store.write(bytesContent(bytes, descriptor));
    return descriptor;
  };
  /** The JSON of an object with one more member, first and so in the way. */
  const odd = (place: Place, object: object): string =>
    JSON.stringify(object).replace("{", `{"x ${place}":${unknown[place]},`);
  const layers = [layerFromEntries([{ path: "a" }]), layerFromEntries([{ path: "b" }])];
  const [diffIds, blobs] = await Promise.all([
    Promise.all(layers.map((layer) => layer.diffId())),
    Promise.all(
      layers.map(async (layer) =>
        await put(await new Response(layer.compressed()).bytes(), MEDIA_TYPE.ociLayerGzip)
      ),
    ),
  ]);
  const rest = odd("config", {
    os: "linux",
    architecture: "amd64",
    created: "2020-01-01T00:00:00Z",
  })
    .slice(0, -1);
  const history = [0, 1].map((at) => odd(`history ${at}` as Place, { created_by: `step ${at}` }));
  const config = await put(
    `${rest},"config":${odd("container", { Env: ["A=0"], Cmd: ["c"], Labels: { l: "1" } })},` +
      `"os.features":["x"],"rootfs":${odd("rootfs", { type: "layers", diff_ids: diffIds })},` +
      `"history":[${history.join(",")}]}`,
    MEDIA_TYPE.ociConfig,
  );
  const manifest = await put(
    `${odd("manifest", { schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest }).slice(0, -1)},` +
      `"config":${odd("config descriptor", config)},` +
      `"layers":[${blobs.map((blob, at) => odd(`layer ${at}` as Place, blob)).join(",")}],` +
      `"annotations":{"kept":"no","kept-note":"yes"}}`,
    MEDIA_TYPE.ociManifest,
  );
  const attestation = await put(
    JSON.stringify({ schemaVersion: 2, config: await put("{}", MEDIA_TYPE.ociEmpty), layers: [] }),
    MEDIA_TYPE.ociManifest,
  );
  const entry = odd("index entry", manifest).slice(0, -1);
  const platform = odd("index platform", { os: "linux", architecture: "amd64" });
  const about = odd("attestation entry", {
    ...attestation,
    platform: { os: "unknown", architecture: "unknown" },
    annotations: { "vnd.docker.reference.digest": manifest.digest },
  });
  const index = await put(
    `${odd("index", { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex }).slice(0, -1)},` +
      `"manifests":[${entry},"platform":${platform}},${about}]}`,
    MEDIA_TYPE.ociIndex,
  );
  return openView(store, index);
}
