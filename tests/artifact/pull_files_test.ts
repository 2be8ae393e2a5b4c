import { assertEquals, assertRejects } from "@std/assert";
import { type ArtifactOptions, createArtifact } from "../../lib/artifact/create_artifact.ts";
import { pullFiles } from "../../lib/artifact/pull_files.ts";
import {
  DigestMismatchError,
  DocumentError,
  FileError,
  LimitExceededError,
  NotFoundError,
} from "../../lib/errors.ts";
import type { Image } from "../../lib/image/image.ts";
import { openView } from "../../lib/image/open_view.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import type { TarHeader } from "../../lib/tar/entry.ts";
import { writeTar } from "../../lib/tar/write_tar.ts";
import { describeTree } from "../support/describe_tree.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree } from "../support/tree.ts";

/** An artifact of blobs as they are, whatever their titles: what a hostile registry may send. */
async function artifactOf(
  blobs: readonly { readonly bytes: Uint8Array; readonly annotations: Record<string, string> }[],
): Promise<Image> {
  const contents = new Map<string, Uint8Array>();
  const add = async (bytes: Uint8Array, mediaType: string): Promise<Descriptor> => {
    const digest = await digestBytes(bytes);
    contents.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const encode = (text: string) => new TextEncoder().encode(text);
  const config = await add(encode("{}"), MEDIA_TYPE.ociEmpty);
  const layers: Descriptor[] = [];
  for (const { bytes, annotations } of blobs) {
    layers.push({ ...await add(bytes, MEDIA_TYPE.ociLayer), annotations });
  }
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config, layers };
  const descriptor = await add(encode(JSON.stringify(manifest)), MEDIA_TYPE.ociManifest);
  const view = openView({
    fetch: ({ digest }) =>
      Promise.resolve(ReadableStream.from([contents.get(digest) ?? encode("")])),
  }, descriptor);
  if (view.kind !== "image") throw new TypeError("expected an image");
  return view;
}

function file(title: string, text = "evil"): Parameters<typeof artifactOf>[0][number] {
  return {
    bytes: new TextEncoder().encode(text),
    annotations: { "org.opencontainers.image.title": title },
  };
}

async function packed(
  entries: readonly Partial<TarHeader>[],
  annotations: Record<string, string> = {},
): Promise<Image> {
  const tar = writeTar(entries.map((entry) => ({
    header: {
      ...{ type: "file", name: "d/x", size: 0, mode: 0o644, uid: 0, gid: 0, mtime: 0 } as const,
      ...entry,
    },
  })));
  return await artifactOf([{
    bytes: await new Response(tar).bytes(),
    annotations: {
      "org.opencontainers.image.title": "d",
      "io.deis.oras.content.unpack": "true",
      ...annotations,
    },
  }]);
}

const TITLES = [
  "../x",
  "/etc/x",
  "a/../../x",
  "..\\x",
  "C:x",
  "",
  ".",
  "a//b",
  "a/./b",
  "x\n",
  "a/..",
];

for (const title of TITLES) {
  Deno.test(`pullFiles() refuses the title ${JSON.stringify(title)}, and writes nothing`, async () => {
    await using dir = await tempDir();
    const artifact = await artifactOf([file("good"), file(title)]);
    await assertRejects(() => pullFiles([artifact], dir.join("out")), DocumentError);
    assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
  });
}

Deno.test("pullFiles() writes the files of several artifacts, and replaces what is there", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "one": "1", "sub/two": "2", "out/one": "old" });
  const make = (path: string, title: string, options: ArtifactOptions = {}) =>
    createArtifact({ files: [{ path: dir.join(path), title }], ...options });
  const artifacts = [await make("one", "one"), await make("sub/two", "a/b/two")];
  const pulled = await pullFiles(artifacts, dir.join("out"));
  assertEquals(pulled.map(({ title }) => title), ["one", "a/b/two"]);
  assertEquals(await Deno.readTextFile(dir.join("out/one")), "1");
  assertEquals(await Deno.readTextFile(dir.join("out/a/b/two")), "2");
  assertEquals((await Array.fromAsync(Deno.readDir(dir.join("out")))).length, 2);
});

Deno.test("pullFiles() gives back a directory as it was packed", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, {
    "d/e/x": { content: "x", mode: 0o755 },
    "d/empty/": {},
    "d/link": { symlink: "e/x" },
  });
  const artifact = await createArtifact({ files: [{ path: dir.join("d"), title: "some/d" }] });
  await pullFiles([artifact], dir.join("out"));
  const describe = async (path: string) =>
    (await describeTree(dir.join(path))).map(({ mtime: _, ...entry }) => entry);
  assertEquals(await describe("out/some/d"), await describe("d"));
});

Deno.test("pullFiles() writes through no link that lies in the directory", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "elsewhere/": {}, "out/sub": { symlink: "../elsewhere" } });
  const artifact = await artifactOf([file("sub/x")]);
  await assertRejects(() => pullFiles([artifact], dir.join("out")), FileError, "a link");
  assertEquals(await Array.fromAsync(Deno.readDir(dir.join("elsewhere"))), []);
});

Deno.test("pullFiles() replaces a link, not what it points to", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "precious": "gold", "out/x": { symlink: "../precious" } });
  await pullFiles([await artifactOf([file("x")])], dir.join("out"));
  assertEquals(await Deno.readTextFile(dir.join("precious")), "gold");
  assertEquals(await Deno.readTextFile(dir.join("out/x")), "evil");
});

Deno.test("pullFiles() refuses two files with one title", async () => {
  await using dir = await tempDir();
  const artifact = await artifactOf([file("x", "1"), file("x", "2")]);
  await assertRejects(() => pullFiles([artifact], dir.path), FileError, "got it twice");
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

Deno.test("pullFiles() of what has no titles finds nothing", async () => {
  await using dir = await tempDir();
  const artifact = await createArtifact({ annotations: { a: "b" } });
  await assertRejects(() => pullFiles([artifact], dir.path), NotFoundError);
});

const ENTRIES: readonly { readonly why: string; readonly entries: Partial<TarHeader>[] }[] = [
  { why: "a path out of it", entries: [{ name: "../x" }] },
  { why: "an absolute path", entries: [{ name: "/d/x" }] },
  { why: "a file beside it", entries: [{ name: "e/x" }] },
  { why: "a link out of it", entries: [{ type: "symlink", linkName: "../x" }] },
  { why: "an absolute link", entries: [{ type: "symlink", linkName: "/etc/passwd" }] },
  { why: "a hard link out of it", entries: [{ type: "hardlink", linkName: "/etc/passwd" }] },
  { why: "a device", entries: [{ type: "character-device", deviceMajor: 1, deviceMinor: 3 }] },
  {
    why: "a file behind a link",
    entries: [{ name: "d/l", type: "symlink", linkName: "." }, { name: "d/l/x" }],
  },
  {
    why: "a hard link to a link",
    entries: [{ name: "d/l", type: "symlink", linkName: "x" }, {
      type: "hardlink",
      linkName: "d/l",
    }],
  },
];

for (const { why, entries } of ENTRIES) {
  Deno.test(`pullFiles() unpacks no directory with ${why}`, async () => {
    await using dir = await tempDir();
    const artifact = await packed(entries);
    await assertRejects(() => pullFiles([artifact], dir.path), FileError);
    assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
  });
}

Deno.test("pullFiles() unpacks no directory whose tar is another one", async () => {
  await using dir = await tempDir();
  const digest = await digestBytes(new Uint8Array());
  const artifact = await packed([{}], { "io.deis.oras.content.digest": digest });
  await assertRejects(() => pullFiles([artifact], dir.path), DigestMismatchError);
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

Deno.test("createArtifact() gives the same files the same digest", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "d/x": "x", "f": "f" });
  const digestOf = async () => {
    const files = ["d", "f"].map((title) => ({ path: dir.join(title), title }));
    return (await (await createArtifact({ files, annotations: { a: "b" } })).descriptor()).digest;
  };
  const digest = await digestOf();
  await Deno.utime(dir.join("d/x"), 0, 0);
  assertEquals(await digestOf(), digest);
});

Deno.test("createArtifact() refuses a title twice, and one that no directory can hold", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "f": "f" });
  const path = dir.join("f");
  await assertRejects(() => createArtifact({ files: [{ path }, { path }] }), FileError, "twice");
  await assertRejects(() => createArtifact({ files: [{ path, title: "../f" }] }), SyntaxError);
  await assertRejects(() => createArtifact({ files: [{ path: dir.join("g") }] }), NotFoundError);
});

Deno.test("a file that changes after it was read is not sent", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "f": "before" });
  const artifact = await createArtifact({ files: [{ path: dir.join("f") }] });
  await Deno.writeTextFile(dir.join("f"), "after!");
  await assertRejects(() => pullFiles([artifact], dir.join("out")), DigestMismatchError);
});

Deno.test("readReferrerTree() ends where a place invents referrers without end", async () => {
  const { readReferrerTree } = await import("../../lib/artifact/referrer_tree.ts");
  let count = 0;
  const place = {
    async *referrers() {
      for (let sibling = 0; sibling < 20_000; sibling++) {
        const digest = `sha256:${(count++).toString(16).padStart(64, "0")}` as const;
        yield { mediaType: MEDIA_TYPE.ociManifest, digest, size: 1 };
        if (count > 50_000) return;
      }
    },
  };
  const view = await artifactOf([]);
  await assertRejects(() => readReferrerTree(view, place), LimitExceededError);
});
