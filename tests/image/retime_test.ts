import { assert, assertEquals } from "@std/assert";
import { configureImage } from "../../lib/image/configure.ts";
import { editImage } from "../../lib/image/edit_image.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { recompressImages } from "../../lib/image/recompress.ts";
import { retimeImages, type RetimeOptions } from "../../lib/image/retime.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { setJson } from "../../lib/oci/json.ts";
import { readTar } from "../../lib/tar/read_tar.ts";
import { jsonOf, makeImage } from "../support/images.ts";

const NOTED = configureImage(
  makeImage([[
    { path: "old", content: "old", mtime: 500, xattrs: new Map([["user.x", new Uint8Array([1])]]) },
    { path: "new", content: "new", mtime: 2_000_000_000.5, mode: 0o4755, uid: 7 },
    { path: "link", type: "hardlink", linkName: "new" },
  ]]),
  { created: "2033-01-01T00:00:00Z", history: [{ created: "1970-01-01T00:08:20Z" }] },
);

async function retimed(image: Image, options: RetimeOptions): Promise<Image> {
  return imageOf(await retimeImages(image, options));
}

function imageOf(view: View): Image {
  if (view.kind !== "image") throw new TypeError("the image became something else");
  return view;
}

async function headersOf(image: Image) {
  const [layer] = await image.layers();
  if (layer === undefined) throw new TypeError("no layer");
  const headers = [];
  for await (const { header } of readTar(layer.uncompressed())) headers.push(header);
  return headers;
}

Deno.test("retimeImages() gives files, image and history one time, and changes nothing else", async () => {
  const after = await retimed(NOTED, { seconds: 1000 });
  const time = "1970-01-01T00:16:40Z";
  const config = jsonOf(await after.config());
  assertEquals([
    config.created,
    ...config.history.map((entry: { created: string }) => entry.created),
  ], [
    time,
    time,
    time,
  ]);
  const wanted = (await headersOf(NOTED)).map((header) => ({ ...header, mtime: 1000 }));
  assertEquals(await headersOf(after), wanted);
  const [layer] = await after.layers();
  assertEquals(config.rootfs.diff_ids, [await layer?.diffId()]);
  assertEquals(jsonOf(await after.manifest()).layers[0].digest, await layer?.digest());
});

Deno.test("retimeImages() keeps the records of vendors, but for the time of creation", async () => {
  const note = new TextEncoder().encode("1700000000.5");
  const records = ["LIBARCHIVE.creationtime", "MSWINDOWS.rawsd"].map((key) => [key, note] as const);
  const image = makeImage([[{ path: "a", vendorRecords: new Map(records) }]]);
  const [header] = await headersOf(await retimed(image, { seconds: 1000 }));
  assertEquals(header?.vendorRecords, new Map(records.slice(1)));
});

Deno.test("retimeImages() with clamp leaves what is older", async () => {
  const after = await retimed(NOTED, { seconds: 1000, clamp: true });
  const times = Object.fromEntries(
    (await headersOf(after)).map(({ name, mtime }) => [name, mtime]),
  );
  assertEquals([times["old"], times["new"]], [500, 1000]);
  const { created, history } = jsonOf(await after.config());
  assertEquals(created, "1970-01-01T00:16:40Z");
  assertEquals(history.at(-1).created, "1970-01-01T00:08:20Z");
});

Deno.test("retimeImages() twice is once", async () => {
  const once = await retimed(NOTED, { seconds: 1000 });
  const twice = await retimed(once, { seconds: 1000 });
  assertEquals((await twice.descriptor()).digest, (await once.descriptor()).digest);
});

Deno.test("retimeImages() makes one digest of builds that differ in time alone", async () => {
  const digests = await Promise.all([1, 2].map(async (mtime) => {
    const entries: LayerEntry[] = [{ path: "a", content: "a", mtime }, {
      path: "b",
      mtime: mtime + 5,
    }];
    const image = configureImage(makeImage([entries]), { created: `200${mtime}-01-01T00:00:00Z` });
    return (await (await retimed(image, { seconds: 0 })).descriptor()).digest;
  }));
  assertEquals(digests[0], digests[1]);
});

Deno.test("retimeImages() with canonical takes away what tells of the machine", async () => {
  const built = editImage(NOTED, {
    config: (text) =>
      [["container"], ["docker_version"], ["config", "Hostname"]].reduce(
        (edited, path) => setJson(edited, path, "x"),
        text,
      ),
  });
  const config = jsonOf(await (await retimed(built, { seconds: 1000, canonical: true })).config());
  assertEquals([config.container, config.docker_version, config.config.Hostname], [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("retimeImages() keeps a layer's compression", async () => {
  const zstd = imageOf(await recompressImages(NOTED, { compression: "zstd" }));
  const [layer] = await (await retimed(zstd, { seconds: 1000 })).layers();
  assert(layer?.mediaType.endsWith("zstd"));
});
