/** What nobody has heard of survives every edit that does not name it, to the letter. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { appendLayers } from "../../lib/image/append.ts";
import { appendToIndex } from "../../lib/image/append_to_index.ts";
import { annotateImage, annotateIndex, configureImage } from "../../lib/image/configure.ts";
import { convertImages } from "../../lib/image/convert.ts";
import { filterIndex, removeFromIndex } from "../../lib/image/filter_index.ts";
import { flattenImage } from "../../lib/image/flatten.ts";
import type { Image, Index, View } from "../../lib/image/image.ts";
import { mapImages } from "../../lib/image/map_images.ts";
import { rebaseImage } from "../../lib/image/rebase.ts";
import { recompressImages } from "../../lib/image/recompress.ts";
import { removeLayers } from "../../lib/image/remove_layers.ts";
import { replaceConfig } from "../../lib/image/replace_documents.ts";
import { retimeImages } from "../../lib/image/retime.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { parsePlatform } from "../../lib/oci/platform.ts";
import { makeImage, textOf } from "../support/images.ts";
import { openOdd, type Place, PLACES } from "./odd_image.ts";

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

interface Edit {
  readonly edit: (view: View) => View | Promise<View>;
  /** What the edit names, and so takes along. */
  readonly names?: readonly (Place | Known)[];
}

/** What everybody has heard of, and seldom an edit names. */
const KNOWN = {
  "note": '"kept-note":"yes"',
  "layer note": '"layer-note":"yes"',
  "urls": '"urls":["https://elsewhere.example/layer"]',
  "variant": '"variant":"v3"',
  "version": '"os.version":"1.0"',
  "features": '"os.features":["y"]',
  "config's features": '"os.features":["x"]',
} as const;

type Known = keyof typeof KNOWN;

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
    names: ["variant", "version"],
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
  "replace the config": {
    edit: each(async (image) => replaceConfig(image, await image.config())),
  },
  "append to the index": {
    edit: (view) => appendToIndex(asIndex(view), [makeImage([])]),
  },
  "filter the index": {
    edit: (view) => filterIndex(asIndex(view), [parsePlatform("linux/amd64")]),
  },
  "remove from the index": {
    edit: async (view) => {
      const longer = await appendToIndex(asIndex(view), [makeImage([])]);
      const last = (await longer.children()).at(-1);
      const { digest } = await (last ?? view).descriptor();
      return removeFromIndex(longer, { digests: [digest] });
    },
  },
  "convert": { edit: (view) => convertImages(view, "docker") },
  "recompress": {
    edit: (view) => recompressImages(view, { compression: "zstd" }),
    names: ["urls"],
  },
  "retime": {
    edit: (view) => retimeImages(view, { seconds: 1, canonical: true }),
    names: ["urls"],
  },
  "squash": {
    edit: each((image) => flattenImage(image, { top: 1 })),
    names: ["layer 1", "history 1"],
  },
  "flatten": {
    edit: each((image) => flattenImage(image)),
    names: ["layer 0", "layer 1", "layer note", "urls", "history 0", "history 1"],
  },
};

function asIndex(view: View): Index {
  if (view.kind === "index") return view;
  throw new TypeError("no index");
}

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
        for (const [known, member] of Object.entries(KNOWN)) {
          if (names.includes(known as Known)) continue;
          assert(text.includes(member), `${member} in ${text}`);
        }
        for (const document of await documentsOf(view)) await assertEmbedded(JSON.parse(document));
      }),
      { numRuns: 15 },
    );
  });
}

/** What a descriptor of the odd image had embedded is still there, and is what it says. */
async function assertEmbedded(value: unknown): Promise<void> {
  if (typeof value !== "object" || value === null) return;
  const { digest, data } = value as { readonly digest?: unknown; readonly data?: unknown };
  const isOdd = Object.keys(value).some((key) => key.startsWith("x "));
  if (isOdd && digest !== undefined) {
    assert(typeof data === "string", `${JSON.stringify(value)} had data`);
    assertEquals(await digestBytes(Uint8Array.fromBase64(data)), digest);
  }
  for (const member of Object.values(value)) await assertEmbedded(member);
}

/** Indexes, manifests and configs, as they are. */
async function documentsOf(view: View): Promise<string[]> {
  if (view.kind === "blob") return [];
  const texts = [textOf(await view.manifest())];
  if (view.kind === "image") texts.push(textOf(await view.config()));
  const children = view.kind === "index" ? await view.children() : [];
  for (const child of children) texts.push(...await documentsOf(child));
  return texts;
}
