import { assertEquals, assertRejects } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { editImage } from "../../lib/image/edit_image.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { exportImage } from "../../lib/image/export_image.ts";
import type { Image } from "../../lib/image/image.ts";
import { BlobLayer } from "../../lib/layer/blob_layer.ts";
import type { Layer } from "../../lib/layer/layer.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { opaque, whiteout } from "../../lib/layer/whiteout.ts";
import { DocumentError } from "../../lib/errors.ts";
import { describeBytes } from "../../lib/store/content.ts";
import { readTar } from "../../lib/tar/read_tar.ts";
import { makeImage } from "../support/images.ts";
import { tarLines } from "../support/tar_lines.ts";

function exported(...layers: readonly (readonly LayerEntry[])[]): Promise<string[]> {
  return exportImage(makeImage(layers)).then(tarLines);
}

function file(path: string, content = path): LayerEntry {
  return { path, content };
}

function directory(path: string): LayerEntry {
  return { path, type: "directory", mode: 0o755 };
}

function link(path: string, linkName: string): LayerEntry {
  return { path, type: "hardlink", linkName };
}

function symlink(path: string, linkName: string): LayerEntry {
  return { path, type: "symlink", linkName };
}

const CASES: readonly {
  readonly does: string;
  readonly layers: readonly (readonly LayerEntry[])[];
  readonly gives: readonly string[];
}[] = [
  {
    does: "merges layers, the upper one wins",
    layers: [[file("a", "old"), file("b")], [file("a", "new")]],
    gives: ["a = new", "b = b"],
  },
  {
    does: "hides what a whiteout names, and all below it",
    layers: [[file("d/x"), file("d/y/z"), file("e")], [whiteout("d")]],
    gives: ["e = e"],
  },
  {
    does: "lets a layer put back what its own whiteout removed from below",
    layers: [[file("d/old")], [whiteout("d"), file("d/new")]],
    gives: ["d/", "d/new = d/new"],
  },
  {
    does: "hides the lower layers' children of an opaque directory, wherever its marker stands",
    layers: [[directory("d"), file("d/old")], [file("d/aaa"), opaque("d"), file("d/new")]],
    gives: ["d/", "d/aaa = d/aaa", "d/new = d/new"],
  },
  {
    does: "replaces a directory by a file with all that was in it",
    layers: [[file("d/x")], [file("d", "now a file")]],
    gives: ["d = now a file"],
  },
  {
    does: "replaces a file by a directory",
    layers: [[file("d", "file")], [file("d/x")]],
    gives: ["d/", "d/x = d/x"],
  },
  {
    does: "keeps a directory's children when a layer only changes the directory",
    layers: [[directory("d"), file("d/x")], [directory("d")]],
    gives: ["d/", "d/x = d/x"],
  },
  {
    does: "keeps a hard link to a file of a lower layer",
    layers: [[file("a", "content")], [link("b", "a")]],
    gives: ["a = content", "b == a"],
  },
  {
    does: "gives a link the content when its target is removed above",
    layers: [[file("a", "content"), link("b", "a"), link("c", "a")], [whiteout("a")]],
    gives: ["b = content", "c == b"],
  },
  {
    does: "gives a link the old content when its target is replaced above",
    layers: [[file("a", "old"), link("b", "a")], [file("a", "new")]],
    gives: ["a = new", "b = old"],
  },
  {
    does: "follows a symbolic link to a directory within the root",
    layers: [[directory("usr/lib"), symlink("lib", "usr/lib")], [file("lib/x")]],
    gives: ["lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/x = lib/x"],
  },
  {
    does: "keeps a link that climbs out of the root inside it",
    layers: [[symlink("up", "../../../etc")], [file("up/passwd", "x")]],
    gives: ["etc/", "etc/passwd = x", "up -> ../../../etc"],
  },
  {
    does: "hides through a symbolic link, within the root",
    layers: [
      [file("real/x"), file("real/y"), symlink("alias", "real"), symlink("up", "../../..")],
      [whiteout("alias/x"), whiteout("up/alias/y"), file("alias/z")],
    ],
    gives: ["alias -> real", "real/", "real/z = alias/z", "up -> ../../.."],
  },
  {
    does: "empties the directory that a symbolic link leads to",
    layers: [[file("real/x"), symlink("alias", "real")], [opaque("alias"), file("alias/new")]],
    gives: ["alias -> real", "real/", "real/new = alias/new"],
  },
  {
    does: "hides a symbolic link itself, and not what it leads to",
    layers: [[file("real/x"), symlink("alias", "real")], [whiteout("alias")]],
    gives: ["real/", "real/x = real/x"],
  },
  {
    does: "hides nothing through a symbolic link that the layer replaces by a directory",
    layers: [
      [file("real/x"), symlink("alias", "real"), symlink("other", "real")],
      [directory("alias"), whiteout("alias/x"), directory("other"), opaque("other")],
    ],
    gives: ["alias/", "other/", "real/", "real/x = real/x"],
  },
];

for (const { does, layers, gives } of CASES) {
  Deno.test(`exportImage() ${does}`, async () => {
    const implied = (line: string) => line.endsWith("/") && !gives.includes(line);
    assertEquals((await exported(...layers)).filter((line) => !implied(line)), [...gives].sort());
  });
}

Deno.test("exportImage() refuses a hard link to nothing", async () => {
  await assertRejects(() => exported([link("b", "missing")]), DocumentError, '"missing"');
});

Deno.test("exportImage() gives an artifact's only blob as it is, decompressed", async () => {
  const bytes = new TextEncoder().encode("no tar at all");
  const zipped = await new Response(
    new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  for (const blob of [bytes, zipped]) {
    const image = await artifactOf(blob);
    assertEquals(await new Response(await exportImage(image)).text(), "no tar at all");
  }
  const two = appendLayers(await artifactOf(bytes), await (await artifactOf(zipped)).layers());
  await assertRejects(() => exportImage(two), DocumentError, "cannot read tar");
});

Deno.test("exportImage() refuses a loop of symbolic links", async () => {
  const loop = [symlink("a", "b"), symlink("b", "a")];
  await assertRejects(() => exported(loop, [file("a/x")]), DocumentError, "loop of links");
});

Deno.test("exportImage() puts a directory after all that is in it", async () => {
  const image = makeImage([[directory("a"), directory("a/b"), file("a/b/c")]]);
  const names: string[] = [];
  for await (const { header } of readTar(await exportImage(image))) names.push(header.name);
  assertEquals(names, ["a/b/c", "a/b/", "a/"]);
});

Deno.test("exportImage() keeps owner, mode, time, extended attributes and vendors' records", async () => {
  const xattrs = new Map([["user.note", new Uint8Array([1, 0, 255])]]);
  const vendorRecords = new Map([["SCHILY.acl.access", new TextEncoder().encode("user::rw-")]]);
  const kept = { uid: 3_000_000, gid: 7, mtime: 1234, xattrs, vendorRecords };
  const entry = { ...file("a"), mode: 0o4711, ...kept };
  for await (const { header } of readTar(await exportImage(makeImage([[entry]])))) {
    assertEquals([header.mode, header.uid, header.gid, header.mtime], [0o4711, 3_000_000, 7, 1234]);
    assertEquals([header.xattrs, header.vendorRecords], [xattrs, vendorRecords]);
  }
});

Deno.test("exportImage() can be given up in the middle", async () => {
  const tar = await exportImage(makeImage([[file("a"), file("b")]]));
  const reader = tar.getReader();
  await reader.read();
  await reader.cancel();
});

for (const pass of [1, 2]) {
  Deno.test(`exportImage() stops when a layer stalls in pass ${pass}`, async () => {
    const interruption = new AbortController();
    const { signal } = interruption;
    const [layer] = await makeImage([[file("a")]]).layers();
    if (layer === undefined) throw new Error("no layer");
    const cancelled: unknown[] = [];
    let passes = 0;
    const stalling: Layer = {
      mediaType: layer.mediaType,
      descriptor: undefined,
      digest: () => layer.digest(),
      diffId: () => layer.diffId(),
      size: () => layer.size(),
      compressed: () => layer.compressed(),
      uncompressed() {
        if (++passes < pass) return layer.uncompressed();
        setTimeout(() => interruption.abort(new Error("enough")), 1);
        return new ReadableStream({ cancel: (reason) => void cancelled.push(reason) });
      },
    };
    const image = appendLayers(emptyImage(), [stalling]);
    const drained = async () => {
      const tar = await exportImage(image, { signal, keep: false });
      await tar.pipeTo(new WritableStream(), { signal });
    };
    await assertRejects(drained, Error, "enough");
    assertEquals(cancelled, [signal.reason]);
  });
}

async function artifactOf(bytes: Uint8Array): Promise<Image> {
  const descriptor = await describeBytes(bytes, "application/vnd.example.data");
  const fetch = () => Promise.resolve(ReadableStream.from([bytes]));
  const layer = new BlobLayer({ descriptor, origin: { fetch } });
  const base = editImage(emptyImage(), { configType: "application/vnd.example.config" });
  return appendLayers(base, [layer]);
}
