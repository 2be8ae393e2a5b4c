import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { DavitError, DocumentError, NotFoundError, UnsupportedError } from "../../lib/errors.ts";
import type { Image } from "../../lib/image/image.ts";
import { diskUsage } from "../../lib/inspect/disk_usage.ts";
import { findFiles, type FindOptions } from "../../lib/inspect/find_files.ts";
import { ImageFiles } from "../../lib/inspect/image_files.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { opaque, whiteout } from "../../lib/layer/whiteout.ts";
import { concat } from "../../lib/stream/concat.ts";
import { encodeHeader, END_OF_ARCHIVE } from "../../lib/tar/writer.ts";
import { makeImage } from "../support/images.ts";
import { imageIn, putImage, putLayer, putTar, RawPlace } from "./raw_place.ts";

function file(path: string, content = path): LayerEntry {
  return { path, content };
}

function directory(path: string): LayerEntry {
  return { path, type: "directory" };
}

function symlink(path: string, linkName: string): LayerEntry {
  return { path, type: "symlink", linkName };
}

function hardlink(path: string, linkName: string): LayerEntry {
  return { path, type: "hardlink", linkName };
}

type Layers = readonly (readonly LayerEntry[])[];

async function read(files: ImageFiles, path: string): Promise<string> {
  const { open } = await files.open(path);
  return await new Response(open()).text();
}

/** Reads one file, from the top layer down. */
async function readFrom(layers: Layers, path: string): Promise<string> {
  await using files = new ImageFiles(makeImage(layers));
  return await read(files, path);
}

Deno.test("ImageFiles lists a directory as a container would see it", async () => {
  await using files = new ImageFiles(makeImage([
    [directory("etc"), file("etc/gone"), file("etc/old"), symlink("bin", "usr/bin")],
    [whiteout("etc/gone"), file("etc/old", "new"), file("usr/bin/app")],
  ]));
  assertEquals((await files.list("/")).map(({ path, layer }) => `${path} ${layer}`), [
    "/bin 1",
    "/etc 1",
    "/usr 0",
  ]);
  assertEquals((await files.list("etc")).map(({ path, size, layer }) => [path, size, layer]), [
    ["/etc/old", 3, 2],
  ]);
  assertEquals((await files.list("/bin/")).map(({ path }) => path), ["/usr/bin/app"]);
  assertEquals((await files.list("/bin", { follow: false }))[0]?.target, "usr/bin");
  assertEquals((await files.list("/etc/old")).length, 1);
  await assertRejects(() => files.list("/etc/gone"), NotFoundError, "/etc/gone");
});

Deno.test("ImageFiles tells of a file all that a tar can", async () => {
  await using files = new ImageFiles(makeImage([[
    {
      ...file("a"),
      mode: 0o4755,
      uid: 7,
      gid: 8,
      mtime: 9,
      xattrs: new Map([["user.x", new Uint8Array(1)]]),
    },
    hardlink("b", "a"),
    { path: "null", type: "character-device", deviceMajor: 1, deviceMinor: 3 },
  ]]));
  const [a, b, device] = await files.list("/");
  assertEquals({ ...b, path: "/a" }, a);
  assertEquals(a, {
    ...{ path: "/a", type: "file", size: 1, mode: 0o4755, uid: 7, gid: 8, mtime: 9 },
    ...{ links: 2, layer: 1, xattrs: ["user.x"] },
  });
  assertEquals([device?.type, device?.deviceMajor, device?.deviceMinor], [
    "character-device",
    1,
    3,
  ]);
});

Deno.test.each<{ why: string; layers: Layers; path: string; expected: string }>([
  {
    why: "the upper layer's",
    layers: [[file("a", "1")], [file("a", "2")]],
    path: "/a",
    expected: "2",
  },
  {
    why: "one below a whiteout of something else",
    layers: [[file("d/a", "1"), file("d/b")], [directory("d"), whiteout("d/b")]],
    path: "d/a",
    expected: "1",
  },
  {
    why: "one through links that stay inside the root",
    layers: [[file("usr/x", "in"), symlink("abs", "/../usr"), symlink("rel", "../../abs/./x")]],
    path: "/rel",
    expected: "in",
  },
  {
    why: "one behind a link in a lower layer",
    layers: [[directory("usr"), symlink("bin", "usr")], [directory("usr"), file("usr/app", "2")]],
    path: "/bin/app",
    expected: "2",
  },
  {
    why: "one that an upper layer put through a link of a lower one",
    layers: [[directory("usr"), symlink("bin", "usr"), file("usr/app", "1")], [
      file("bin/app", "2"),
    ]],
    path: "/usr/app",
    expected: "2",
  },
  {
    why: "a hard link to what an upper layer replaced",
    layers: [[file("a", "1")], [hardlink("b", "a")], [file("a", "3")]],
    path: "/b",
    expected: "1",
  },
  {
    why: "one that came back after an opaque marker",
    layers: [[file("d/a", "1")], [opaque("d"), file("d/a", "2")]],
    path: "/d/a",
    expected: "2",
  },
])("ImageFiles.open() reads $why", async ({ layers, path, expected }) => {
  assertEquals(await readFrom(layers, path), expected);
});

Deno.test.each<{ why: string; layers: Layers; path: string }>([
  { why: "a whiteout", layers: [[file("a")], [whiteout("a")]], path: "/a" },
  { why: "a whiteout above", layers: [[file("d/a")], [whiteout("d")]], path: "/d/a" },
  { why: "an opaque directory", layers: [[file("d/a")], [opaque("d")]], path: "/d/a" },
  { why: "a file in the way", layers: [[file("d/a")], [file("d")]], path: "/d/a" },
  {
    why: "a file that went through a link and took its place",
    layers: [[symlink("a/b", "../a")], [file("a/b/b")]],
    path: "/a/b/b",
  },
  { why: "a dangling link", layers: [[symlink("a", "nope")]], path: "/a" },
  { why: "no layer at all", layers: [], path: "/a" },
])("ImageFiles.open() finds nothing for $why", async ({ layers, path }) => {
  await assertRejects(() => readFrom(layers, path), NotFoundError, path);
});

Deno.test("ImageFiles.open() refuses a directory, and links in a circle", async () => {
  await assertRejects(() => readFrom([[directory("d")]], "d"), UnsupportedError, "a directory");
  const circle = [[symlink("a", "b"), symlink("b", "a")]];
  await assertRejects(() => readFrom(circle, "a"), DocumentError, "a loop of links");
});

Deno.test("of a path that comes twice in a layer, the last is read", async () => {
  const header = {
    type: "file",
    name: "a",
    size: 1,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
  } as const;
  const entry = (text: string) => {
    const block = new Uint8Array(512);
    block.set(new TextEncoder().encode(text));
    return concat([encodeHeader(header), block]);
  };
  const tar = concat([entry("1"), entry("2"), END_OF_ARCHIVE]);
  const place = new RawPlace();
  const image = await putImage(place, [await putTar(place, tar)]);
  await using files = new ImageFiles(imageIn(place, image));
  assertEquals(await read(files, "a"), "2");
});

/** An image in a place that counts, of files in layers below each other. */
async function counted(
  ...layers: Layers
): Promise<{ image: Image; readsOf(layer: number): number }> {
  const place = new RawPlace();
  const put = await Promise.all(layers.map((entries) => putLayer(place, entries)));
  const image = imageIn(place, await putImage(place, put));
  return {
    image,
    readsOf: (layer) => place.reads.get(put[layer]?.descriptor.digest ?? "sha256:") ?? 0,
  };
}

Deno.test("ImageFiles.open() reads from the top down and stops where the file is decided", async () => {
  const { image, readsOf } = await counted(
    [file("bottom")],
    [directory("etc"), file("etc/motd", "2"), symlink("etc/link", "motd")],
    [directory("etc"), file("etc/other")],
  );
  await using files = new ImageFiles(image);
  assertEquals(await read(files, "/etc/motd"), "2");
  assertEquals([readsOf(0), readsOf(1), readsOf(2)], [0, 1, 1]);
  assertEquals((await files.locate("/etc/other")).layer, 3);
  assertEquals((await files.list("/")).length, 2);
  assertEquals([readsOf(0), readsOf(1), readsOf(2)], [1, 1, 1]);
});

Deno.test("ImageFiles.open() reads the layer of a link and its target once", async () => {
  const { image, readsOf } = await counted([symlink("a", "b"), file("b", "here")]);
  await using files = new ImageFiles(image);
  assertEquals(await read(files, "/a"), "here");
  assertEquals(readsOf(0), 1);
});

Deno.test("ImageFiles.open() keeps a large file out of the memory, and removes it", async () => {
  const content = new Uint8Array(5_000_000).map((_, at) => at * at >> 7);
  await using files = new ImageFiles(makeImage([[{ path: "big", content }, file("c")]]));
  const { open } = await files.open("big");
  for (let times = 0; times < 2; times++) {
    assertEquals(await new Response(open()).bytes(), content);
  }
});

Deno.test("ImageFiles gives nothing of a layer that is not what it was promised to be", async () => {
  const place = new RawPlace();
  const layer = await putLayer(place, [file("a", "good")], "none");
  const other = await putLayer(place, [file("a", "evil")], "none");
  const image = imageIn(place, await putImage(place, [{ ...other, diffId: layer.diffId }]));
  await using files = new ImageFiles(image);
  await assertRejects(() => files.open("a"), DavitError, "expected digest");
});

// What is a file here is never a directory there: no runtime unpacks entries below a file.
const above = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 2 });
const directories = fc.tuple(above, fc.constantFrom("a", "b", "c")).map(join);
const leaves = fc.tuple(above, fc.constantFrom("f", "g", "l")).map(join);
const paths = fc.oneof(directories, leaves);
const entries: fc.Arbitrary<LayerEntry> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(leaves, fc.nat(99)).map(([path, text]) => file(path, `${text}`)),
  },
  { weight: 2, arbitrary: directories.map(directory) },
  { weight: 2, arbitrary: fc.tuple(directories, targetsIn(directories)).map(link) },
  { weight: 1, arbitrary: fc.tuple(leaves, targetsIn(paths)).map(link) },
  { weight: 1, arbitrary: fc.tuple(leaves, leaves).map(([path, to]) => hardlink(path, to)) },
  { weight: 1, arbitrary: paths.map((path) => whiteout(path)) },
  { weight: 1, arbitrary: directories.map((path) => opaque(path)) },
);
const stacks = fc.array(fc.array(entries, { maxLength: 4 }), { minLength: 1, maxLength: 4 });

Deno.test("what is found from the top down is what all layers together make", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(stacks, paths, async (layers, path) => {
      const image = imageOf(layers);
      if (image === undefined) return;
      await using whole = new ImageFiles(image);
      await using some = new ImageFiles(image);
      const expected = await outcome(async () => {
        const entry = (await whole.tree()).at(path);
        return [entry, entry.type === "file" ? await read(whole, entry.path) : undefined];
      });
      if (expected.failure !== undefined && expected.failure !== "NotFoundError") return;
      const actual = await outcome(async () => {
        const entry = await some.locate(path);
        return [entry, entry.type === "file" ? await read(some, path) : undefined];
      });
      // an upper layer alone does not know a file's other names, nor links of lower layers on its way
      assertEquals(withoutNames(actual), withoutNames(expected));
      compared++;
    }),
    { numRuns: 500 },
  );
  assert(compared > 100, `${compared}`);
});

Deno.test.each<{ why: string; layers: Layers }>([
  {
    why: "a file is put through a link that is a directory above",
    layers: [[symlink("a", "b")], [file("b/f", "1")], [file("a/f", "22")], [directory("a")]],
  },
  {
    why: "a whiteout goes through a link that is a directory above",
    layers: [[symlink("a", "b")], [file("b/f")], [whiteout("a/f")], [directory("a")]],
  },
  {
    why: "an opaque marker goes through a link",
    layers: [[symlink("a", "b")], [file("b/f")], [opaque("a")]],
  },
  {
    why: "an opaque marker goes through a link, back to where it stands",
    layers: [[symlink("a", ".")], [directory("b"), file("b/f")], [opaque("a/b")]],
  },
  {
    why: "a whiteout is within a directory in place of a link",
    layers: [[symlink("a", "b")], [directory("b"), file("b/f")], [directory("a"), whiteout("a/f")]],
  },
])("what is found from the top down is what all layers make when $why", async ({ layers }) => {
  const image = makeImage(layers);
  await using whole = new ImageFiles(image);
  await using some = new ImageFiles(image);
  const sizeOf = (entry: { size: number }) => entry.size;
  const expected = await outcome(async () => sizeOf((await whole.tree()).at("b/f")));
  assertEquals(await outcome(async () => sizeOf(await some.locate("b/f"))), expected);
});

/** An image of these layers, or `undefined` where one of them contradicts itself. */
function imageOf(layers: Layers): Image | undefined {
  try {
    return makeImage(layers);
  } catch {
    return undefined;
  }
}

function join([parts, name]: readonly [readonly string[], string]): string {
  return [...parts, name].join("/");
}

function targetsIn(these: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(these, these.map((path) => `/${path}`), these.map((path) => `../${path}`));
}

function link([path, to]: readonly [string, string]): LayerEntry {
  return symlink(path, to);
}

async function outcome(
  run: () => Promise<unknown>,
): Promise<{ value?: unknown; failure?: string }> {
  try {
    return { value: await run() };
  } catch (error) {
    if (!(error instanceof DavitError)) throw error;
    return { failure: error.name };
  }
}

function withoutNames(value: unknown): unknown {
  const names = ["links", "path"];
  return JSON.parse(JSON.stringify(value, (key, inner) => names.includes(key) ? undefined : inner));
}

const TREE = makeImage([
  [directory("usr"), file("usr/one.conf", "12345"), file("usr/two", "1".repeat(2000))],
  [{ ...file("usr/su"), mode: 0o4755 }, symlink("l", "usr"), hardlink("usr/again", "usr/su")],
]);

Deno.test.each<{ options: FindOptions; path?: string; expected: string }>([
  { options: { name: "*.conf" }, expected: "/usr/one.conf" },
  { options: { name: "?wo" }, expected: "/usr/two" },
  { options: { name: "[!a-r]*" }, path: "usr", expected: "/usr /usr/su /usr/two" },
  { options: { name: "/usr/*" }, expected: "/usr/again /usr/one.conf /usr/su /usr/two" },
  { options: { name: "**.conf" }, expected: "/usr/one.conf" },
  { options: { name: "one.c+" }, expected: "" },
  { options: { type: "symlink" }, expected: "/l" },
  { options: { type: "directory" }, expected: "/ /usr" },
  { options: { minSize: 6, maxSize: 2000, type: "file" }, expected: "/usr/again /usr/su /usr/two" },
  { options: { minSize: 2000 }, path: "/l", expected: "/usr/two" },
  { options: { mode: 0o4000 }, expected: "/usr/again /usr/su" },
  { options: { layer: 2 }, expected: "/l /usr/again /usr/su" },
])("findFiles() of $options finds $expected", async ({ options, path = "/", expected }) => {
  await using files = new ImageFiles(TREE);
  const found = [...findFiles(await files.tree(), path, options)].map((file) => file.path);
  assertEquals(found.join(" "), expected);
});

Deno.test("diskUsage() adds up, the largest first, what has two names once", async () => {
  await using files = new ImageFiles(makeImage([[
    file("a/b/c/x", "1234"),
    file("a/y", "12"),
    hardlink("a/z", "a/y"),
    file("d/w", "123456789"),
    file("v", "1"),
  ]]));
  const tree = await files.tree();
  const rows = (path: string, options = {}) =>
    diskUsage(tree, path, options).map(({ path: at, bytes, files: count }) =>
      `${at} ${bytes} ${count}`
    );
  assertEquals(rows("/"), ["/d 9 1", "/a 6 2", "/ 16 4"]);
  assertEquals(rows("/", { depth: 0 }), ["/ 16 4"]);
  assertEquals(rows("a", { depth: 9, all: true }), [
    ...["/a/b 4 1", "/a/b/c 4 1", "/a/b/c/x 4 1", "/a/y 2 1", "/a/z 0 0", "/a 6 2"],
  ]);
  assertEquals(rows("/v"), ["/v 1 1"]);
});
