import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { configureImage } from "../../lib/image/configure.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import type { Image } from "../../lib/image/image.ts";
import { diffImages } from "../../lib/inspect/diff.ts";
import { diffViews } from "../../lib/inspect/diff_views.ts";
import type { ImageDiff } from "../../lib/inspect/image_diff.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { whiteout } from "../../lib/layer/whiteout.ts";
import type { Compression } from "../../lib/oci/media_type.ts";
import type { TarHeader } from "../../lib/tar/entry.ts";
import { concat } from "../../lib/stream/concat.ts";
import { encodeHeader, END_OF_ARCHIVE } from "../../lib/tar/writer.ts";
import { makeImage } from "../support/images.ts";
import { imageIn, putImage, putTar, RawPlace } from "./raw_place.ts";

const BASE: readonly LayerEntry[] = [
  { path: "etc/motd", content: "ahoy" },
  { path: "etc/old", content: "old" },
];

function compressed(compression: Compression, level = 6): Image {
  return appendLayers(emptyImage(), [layerFromEntries(BASE, { compression, level })]);
}

/** An image of one tar of empty files, from headers as they are. */
async function rawImage(...headers: readonly Partial<TarHeader>[]): Promise<Image> {
  const owned = {
    type: "file",
    name: "a",
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    size: 0,
  } as const;
  const blocks = headers.map((header) => encodeHeader({ ...owned, ...header }));
  const place = new RawPlace();
  const layer = await putTar(place, concat([...blocks, END_OF_ARCHIVE]));
  return imageIn(place, await putImage(place, [layer]));
}

function changesOf({ files = [] }: ImageDiff): readonly string[] {
  return files.map(({ path, kind, aspects }) => [kind, path, ...aspects].join(" "));
}

function layersOf({ layers }: ImageDiff): readonly string[] {
  return layers.map(({ kind, a, b }) => `${kind} ${a?.position ?? "-"} ${b?.position ?? "-"}`);
}

Deno.test("diffImages() of an image with itself tells that it is the same, and reads nothing", async () => {
  const image = makeImage([BASE]);
  const diff = await diffImages(image, image);
  assertEquals([diff.isSame, diff.reasons, layersOf(diff)], [true, [], ["same 1 1"]]);
});

Deno.test("diffImages() compares merged files, aspect by aspect", async () => {
  const before = makeImage([BASE, [{ path: "x/link", type: "symlink", linkName: "a" }]]);
  const after = makeImage([BASE, [
    { path: "etc/motd", content: "ahoy", mode: 0o600, uid: 5, mtime: 7 },
    whiteout("etc/old"),
    { path: "new", content: "!" },
    { path: "x/link", type: "symlink", linkName: "b" },
  ]]);
  const diff = await diffImages(before, after);
  assertEquals(changesOf(diff), [
    "changed /etc/motd mode owner time",
    "removed /etc/old",
    "added /new",
    "changed /x/link target",
  ]);
  assertEquals(layersOf(diff), ["same 1 1", "changed 2 2"]);
  assertEquals([diff.a.contentBytes, diff.b.contentBytes], [7, 5]);
  const ignoring = await diffImages(before, after, { ignore: ["mode", "owner", "time", "target"] });
  assertEquals(changesOf(ignoring), ["removed /etc/old", "added /new"]);
});

Deno.test("diffImages() sees that content is the same though it comes from another layer", async () => {
  const diff = await diffImages(makeImage([BASE]), makeImage([[], BASE]));
  assertEquals([changesOf(diff), layersOf(diff)], [[], ["added - 1", "same 1 2"]]);
  assertStringIncludes(diff.reasons.join("; "), "layer 1: only in B");
});

Deno.test("diffImages() tells what the config says otherwise, variable by variable", async () => {
  const before = configureImage(makeImage([BASE]), {
    env: { PATH: "/bin", HOME: "/" },
    labels: { a: "1", b: "2" },
    exposedPorts: ["80"],
  });
  const after = configureImage(makeImage([BASE]), {
    env: { PATH: "/usr/bin", HOME: "/" },
    labels: { b: "2" },
    exposedPorts: ["80", "81"],
    user: "me",
  });
  const { config, reasons } = await diffImages(before, after);
  assertEquals(config, [
    { field: "config.Env.PATH", before: "/bin", after: "/usr/bin" },
    { field: "config.ExposedPorts.81/tcp", after: {} },
    { field: "config.Labels.a", before: "1" },
    { field: "config.User", after: "me" },
  ]);
  assertEquals(reasons.length, 4);
});

Deno.test.each<{ why: string; make: () => Promise<readonly [Image, Image]>; says: string }>([
  {
    why: "another compression",
    make: () => Promise.resolve([compressed("gzip"), compressed("zstd")]),
    says: "layer 1: gzip in A, zstd in B",
  },
  {
    why: "another level of the same",
    make: () => Promise.resolve([compressed("gzip", 1), compressed("gzip", 9)]),
    says: "layer 1: gzip by another compressor or level",
  },
  {
    why: "no compression",
    make: () => Promise.resolve([compressed("gzip"), compressed("none")]),
    says: "layer 1: gzip in A, not compressed in B",
  },
  {
    why: "the order of entries",
    make:
      async () => [await rawImage({ name: "a" }, { name: "b" }), await rawImage({ name: "b" }, {})],
    says: "layer 1: order of 2 entries (a, …)",
  },
  {
    why: "times",
    make: async () => [await rawImage({}), await rawImage({ mtime: 5 })],
    says: "layer 1: times of 1 entry (a)",
  },
  {
    why: "owners",
    make: async () => [await rawImage({}), await rawImage({ uid: 5 })],
    says: "layer 1: owners of 1 entry (a)",
  },
  {
    why: "names of owners",
    make: async () => [await rawImage({}), await rawImage({ userName: "root" })],
    says: "layer 1: names of the owners of 1 entry (a)",
  },
  {
    why: "extended attributes",
    make: async () => [
      await rawImage({}),
      await rawImage({ xattrs: new Map([["user.a", new Uint8Array(1)]]) }),
    ],
    says: "layer 1: extended attributes of 1 entry (a)",
  },
  {
    why: "an entry more",
    make: async () => [await rawImage({}), await rawImage({}, { name: "./", type: "directory" })],
    says: "layer 1: 1 entry that only one has (./)",
  },
  {
    why: "how often names are written",
    make: async () => [await rawImage({ name: "etc/a" }), await rawImage({ name: "./etc/a" })],
    says: "layer 1: the same entries, written in another form of tar",
  },
])("diffImages() says that $why makes the digests differ", async ({ make, says }) => {
  const [a, b] = await make();
  const { reasons, layers } = await diffImages(a, b);
  assert(reasons.some((reason) => reason.startsWith(says)), `${says} is not in ${reasons}`);
  assertEquals(layers.length, 1);
});

Deno.test("diffImages() says when only the writing of a document differs", async () => {
  const place = new RawPlace();
  const layer = await putTar(place, END_OF_ARCHIVE);
  const plain = await putImage(place, [layer]);
  const spread = await place.put(
    `${await new Response(await place.fetch(plain)).text()}\n`,
    plain.mediaType,
  );
  const { reasons } = await diffImages(imageIn(place, plain), imageIn(place, spread));
  assertEquals(reasons, [
    "manifest: the same values, written otherwise (order of members, white space)",
  ]);
});

Deno.test("diffImages() with fast compares documents and reads no layer", async () => {
  const place = new RawPlace();
  const [one, other] = await Promise.all([
    putTar(place, END_OF_ARCHIVE),
    putTar(place, new Uint8Array(2048)),
  ]);
  const [a, b] = [await putImage(place, [one]), await putImage(place, [other])];
  const diff = await diffImages(imageIn(place, a), imageIn(place, b), { fast: true });
  assertEquals([diff.files, diff.reasons], [undefined, ["layer 1: changed"]]);
  assertEquals(place.reads.get(one.descriptor.digest), undefined);
});

Deno.test("diffImages() reads a layer that both have once", async () => {
  const place = new RawPlace();
  const shared = await putTar(place, END_OF_ARCHIVE);
  const more = await putTar(place, new Uint8Array(2048));
  const [a, b] = [await putImage(place, [shared]), await putImage(place, [shared, more])];
  await diffImages(imageIn(place, a), imageIn(place, b));
  assertEquals(place.reads.get(shared.descriptor.digest), 1);
});

Deno.test("diffViews() compares indexes platform by platform", async () => {
  const on = (platform: string, content: string) => ({
    image: makeImage([[{ path: "a", content }]], { platform }),
  });
  const a = createIndex([on("linux/amd64", "1"), on("linux/arm64", "1"), on("linux/386", "1")]);
  const b = createIndex([on("linux/arm64", "2"), on("linux/amd64", "1"), on("windows/amd64", "1")]);
  const { isSame, onlyA, onlyB, images } = await diffViews(a, b);
  assertEquals([isSame, onlyA, onlyB], [false, ["linux/386"], ["windows/amd64"]]);
  assertEquals(images.map(({ platform, diff }) => [platform, diff.isSame]), [
    ["linux/amd64", true],
    ["linux/arm64", false],
  ]);
  const again = await diffViews(a, a);
  assertEquals([again.isSame, again.images], [true, []]);
});
