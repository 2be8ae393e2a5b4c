import { assertEquals, assertStrictEquals } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import { fitLayer } from "../../lib/image/fit.ts";
import { openView } from "../../lib/image/open_view.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { recompressImages } from "../../lib/image/recompress.ts";
import { BlobLayer } from "../../lib/layer/blob_layer.ts";
import type { Digest } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { copy } from "../../lib/store/copy.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { jsonOf, makeImage } from "../support/images.ts";

async function firstImage(view: View): Promise<Image> {
  if (view.kind === "image") return view;
  const [child] = view.kind === "index" ? await view.children() : [];
  if (child?.kind !== "image") throw new TypeError("no image");
  return child;
}

Deno.test("recompressImages() there and back is the image it was", async () => {
  const image = makeImage([[{ path: "a", content: "a".repeat(10_000) }]]);
  const before = await image.descriptor();
  const zstd = await recompressImages(image, { compression: "zstd" });
  const none = await recompressImages(zstd, { compression: "none" });
  const back = await recompressImages(none, { compression: "gzip" });
  assertEquals((await back.descriptor()).digest, before.digest);
  assertEquals(
    jsonOf(await (await firstImage(none)).manifest()).layers[0].mediaType,
    MEDIA_TYPE.ociLayer,
  );
});

Deno.test("recompressImages() leaves layers that are so already, unless a level is given", async () => {
  const image = makeImage([[{ path: "a", content: "a".repeat(100_000) }]]);
  const [before] = await image.layers();
  const [same] = await (await firstImage(await recompressImages(image, { compression: "gzip" })))
    .layers();
  assertStrictEquals(same, before);
  const [smaller] = await (await firstImage(await recompressImages(image, { level: 1 }))).layers();
  assertEquals(await smaller?.diffId(), await before?.diffId());
  assertEquals(await smaller?.digest() === await before?.digest(), false);
});

Deno.test("recompressImages() takes what only held for the former bytes from the descriptor", async () => {
  const base = makeImage([[{ path: "a", content: "a" }]]);
  const [layer] = await base.layers();
  if (layer === undefined) throw new TypeError("no layer");
  const image = appendLayers(base, [{
    layer,
    urls: ["https://e.example/x"],
    annotations: { "containerd.io/snapshot/stargz/toc.digest": "sha256:0", "kept": "yes" },
  }]);
  const store = new MemoryStore();
  const stored = openView(store, await copy(image, store));
  const zstd = await firstImage(await recompressImages(stored, { compression: "zstd" }));
  const { layers } = jsonOf(await zstd.manifest());
  assertEquals([layers[1].urls, layers[1].annotations], [undefined, { kept: "yes" }]);
});

Deno.test("recompressImages() leaves what may not be distributed", async () => {
  const layer = new BlobLayer({
    descriptor: {
      mediaType: MEDIA_TYPE.dockerForeignLayerGzip,
      digest: `sha256:${"0".repeat(64)}`,
      size: 1,
      urls: ["https://e.example/x"],
    },
    origin: { fetch: () => Promise.reject(new Error("fetched")) },
    diffId: () => Promise.resolve<Digest>(`sha256:${"1".repeat(64)}`),
  });
  const image = appendLayers(makeImage([]), [layer]);
  const [kept] = await (await firstImage(await recompressImages(image, { compression: "zstd" })))
    .layers();
  assertStrictEquals(kept, layer);
});

Deno.test("recompressImages() of an index compresses a layer that images share once", async () => {
  const store = new MemoryStore();
  const images = ["linux/amd64", "linux/arm64"].map((platform) => ({
    image: makeImage([[{ path: "shared", content: "x".repeat(5000) }]], { platform }),
  }));
  const view = openView(store, await copy(createIndex(images), store));
  const zstd = await recompressImages(view, { compression: "zstd" });
  const children = zstd.kind === "index" ? await zstd.children() : [];
  const layers = await Promise.all(
    children.map(async (child) => (await firstImage(child)).layers()),
  );
  assertStrictEquals(layers[0]?.[0], layers[1]?.[0]);
});

Deno.test("recompressImages() gives a place what it can hold, whatever was asked for", async () => {
  const image = makeImage([[{ path: "a", content: "a" }]]);
  const zstd = await firstImage(await recompressImages(image, { compression: "zstd" }));
  const fitted = zstd.mapLayers((layer) => fitLayer(layer, { compressions: ["none"] }));
  const { layers } = jsonOf(await fitted.manifest());
  assertEquals(layers[0].mediaType, MEDIA_TYPE.ociLayer);
});
