import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DocumentError } from "../../lib/errors.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { Layer } from "../../lib/layer/layer.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { opaque, whiteout } from "../../lib/layer/whiteout.ts";
import type { TarHeader } from "../../lib/tar/entry.ts";
import { readTar } from "../../lib/tar/read_tar.ts";

interface Read extends Partial<TarHeader> {
  readonly text: string;
}

async function entriesOf(layer: Layer): Promise<Read[]> {
  const decoder = new TextDecoder();
  const read: Read[] = [];
  for await (const entry of readTar(layer.uncompressed())) {
    read.push({ ...entry.header, text: decoder.decode(await entry.bytes()) });
  }
  return read;
}

async function namesOf(entries: readonly LayerEntry[]): Promise<unknown[]> {
  return (await entriesOf(layerFromEntries(entries))).map(({ name }) => name);
}

Deno.test("entries have plain defaults: root's, mode by type, time 0", async () => {
  const layer = layerFromEntries([
    { path: "/etc", type: "directory" },
    { path: "/etc/motd", content: "hello\n" },
    { path: "/motd", type: "symlink", linkName: "/etc/motd" },
  ]);
  const owned = { uid: 0, gid: 0, mtime: 0 };
  assertEquals(
    (await entriesOf(layer)).map(({ type, name, mode, uid, gid, mtime, linkName, text }) => ({
      ...{ type, name, mode, uid, gid, mtime, text },
      ...(linkName === undefined ? {} : { linkName }),
    })),
    [
      { type: "directory", name: "etc/", mode: 0o755, ...owned, text: "" },
      { type: "file", name: "etc/motd", mode: 0o644, ...owned, text: "hello\n" },
      { type: "symlink", name: "motd", mode: 0o777, ...owned, text: "", linkName: "/etc/motd" },
    ],
  );
});

Deno.test("entries say what they are given", async () => {
  const xattrs = new Map([["user.note", Uint8Array.of(0, 255)]]);
  const [file, device] = await entriesOf(layerFromEntries([
    { path: "a", content: Uint8Array.of(104, 105), mode: 0o4755, uid: 1, gid: 2, mtime: 3, xattrs },
    { path: "b", type: "character-device", deviceMajor: 1, deviceMinor: 3, mode: 0o666 },
  ], { mtime: 9 }));
  const { mode, uid, gid, mtime, text } = file ?? {};
  assertEquals({ mode, uid, gid, mtime, text }, {
    mode: 0o4755,
    uid: 1,
    gid: 2,
    mtime: 3,
    text: "hi",
  });
  assertEquals(file?.xattrs, xattrs);
  assertEquals([device?.deviceMajor, device?.deviceMinor, device?.mtime], [1, 3, 9]);
});

Deno.test("the order of the entries does not matter", async () => {
  const paths = ["a", "a-b", "a.b", "b/c", "b", "\u{1f433}", "\uffee", "é"];
  const expected = ["a", "a-b", "a.b", "b/", "b/c", "é", "\uffee", "\u{1f433}"];
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(paths, { minLength: paths.length }),
      async (shuffled) => {
        const entries = shuffled.map((path) => ({
          path,
          ...(path === "b" ? { type: "directory" as const } : {}),
        }));
        assertEquals(await namesOf(entries), expected);
      },
    ),
    { numRuns: 20 },
  );
});

/** Part of what davit promises. The plain tar is also what Go's `archive/tar` writes. */
const GOLDEN = {
  none: "sha256:d7fd7125dc0fcb7a25286f11e77a1b8f67e366475068adc9ce519ac93a8a582e",
  gzip: "sha256:a3ca1ee51cd0d8042c40db40f9ca5c01dd34c85c3360710ae3f48180a3402d0e",
  zstd: "sha256:71723cda3e7a3fc9948a328d583516bceaf601466d058d2dfef185c14d18a9f5",
};

Deno.test("the digest depends on what is in the entries, and on nothing else", async () => {
  const entries: LayerEntry[] = [
    { path: "srv/b", content: "b" },
    { path: "srv/a", content: "a".repeat(3_000_000) },
    { path: "srv", type: "directory" },
  ];
  for (const compression of ["none", "gzip", "zstd"] as const) {
    for (const workers of [0, 1, 2, 4]) {
      const layer = layerFromEntries(entries, { compression, workers });
      assertEquals(await layer.digest(), GOLDEN[compression]);
    }
  }
  const other = layerFromEntries([...entries, { path: "x" }], { compression: "none" });
  assertNotEquals(await other.digest(), await layerFromEntries(entries).diffId());
});

Deno.test("no entries at all are the empty tar", async () => {
  assertEquals(
    await layerFromEntries([]).diffId(),
    "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
  );
});

Deno.test("entries of a generator are taken at once, and the layer replays", async () => {
  const layer = layerFromEntries((function* () {
    yield { path: "a", content: "a" };
  })());
  assertEquals(await entriesOf(layer), await entriesOf(layer));
});

Deno.test("whiteouts are empty files beside what they delete", async () => {
  const entries = [whiteout("usr/share/nginx/html"), opaque("var/cache")];
  const read = await entriesOf(layerFromEntries(entries));
  assertEquals(
    read.map(({ type, name, mode, size }) => ({ type, name, mode, size })),
    [
      { type: "file", name: "usr/share/nginx/.wh.html", mode: 0, size: 0 },
      { type: "file", name: "var/cache/.wh..wh..opq", mode: 0, size: 0 },
    ],
  );
});

Deno.test("the first path of a file is the file, its other paths are links to that", async () => {
  const read = await entriesOf(layerFromEntries([
    { path: "b/file", content: "x", mode: 0o600 },
    { path: "a/link", type: "hardlink", linkName: "/b/file" },
    { path: "c/link", type: "hardlink", linkName: "a/link" },
    { path: "d/link", type: "hardlink", linkName: "elsewhere" },
  ]));
  assertEquals(
    read.map(({ type, name, linkName, mode, text }) => [type, name, linkName, mode, text]),
    [
      ["file", "a/link", undefined, 0o600, "x"],
      ["hardlink", "b/file", "a/link", 0o600, ""],
      ["hardlink", "c/link", "a/link", 0o600, ""],
      ["hardlink", "d/link", "elsewhere", 0o644, ""],
    ],
  );
});

for (
  const { why, entries, error = TypeError } of [
    { why: "a path twice", entries: [{ path: "a/b" }, { path: "/a/./b/" }] },
    { why: "a path that leaves the root", entries: [{ path: "a/../../b" }] },
    { why: "an empty path", entries: [{ path: "" }] },
    { why: "a NUL in a path", entries: [{ path: "a\0b" }] },
    { why: "a file as a directory", entries: [{ path: "a" }, { path: "a/b" }] },
    {
      why: "a file below a symlink",
      entries: [{ path: "a", type: "symlink", linkName: "/etc" }, { path: "a/b" }],
    },
    { why: "content of a directory", entries: [{ path: "a", type: "directory", content: "x" }] },
    { why: "a symlink to nowhere", entries: [{ path: "a", type: "symlink" }] },
    {
      why: "a hard link out of the root",
      entries: [{ path: "a", type: "hardlink", linkName: "../b" }],
    },
    {
      why: "hard links in a circle",
      entries: [
        { path: "a", type: "hardlink", linkName: "b" },
        { path: "b", type: "hardlink", linkName: "a" },
      ],
    },
    {
      why: "a hard link to a directory",
      entries: [{ path: "a", type: "directory" }, { path: "b", type: "hardlink", linkName: "a" }],
    },
    {
      why: "a hard link to a symlink",
      entries: [
        { path: "a", type: "symlink", linkName: "/etc" },
        { path: "b", type: "hardlink", linkName: "a" },
      ],
    },
    { why: "a whiteout with content", entries: [{ path: ".wh.a", content: "x" }] },
    { why: "a whiteout that is a directory", entries: [{ path: ".wh.a", type: "directory" }] },
    { why: "a whiteout of nothing", entries: [{ path: "a/.wh." }], error: DocumentError },
    { why: "a mode beyond 7777", entries: [{ path: "a", mode: 0o10000 }], error: RangeError },
    { why: "a negative owner", entries: [{ path: "a", uid: -1 }], error: RangeError },
    { why: "a time that is none", entries: [{ path: "a", mtime: NaN }], error: RangeError },
  ] as { why: string; entries: LayerEntry[]; error?: typeof TypeError }[]
) {
  Deno.test(`layerFromEntries() refuses ${why}, at once`, () => {
    assertThrows(() => layerFromEntries(entries), error, "Cannot");
  });
}

Deno.test({
  name: "layerFromEntries() asks for no permission",
  permissions: "none",
  async fn() {
    await layerFromEntries([{ path: "a" }]).digest();
  },
});
