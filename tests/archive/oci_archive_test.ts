import { assert, assertEquals, assertRejects } from "@std/assert";
import { createOciArchive, openOciArchive } from "../../lib/archive/mod.ts";
import { DigestMismatchError, DocumentError, NotFoundError } from "../../lib/errors.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import type { Image } from "../../lib/image/image.ts";
import { StreamLayer } from "../../lib/layer/stream_layer.ts";
import {
  bytesContent,
  type Content,
  describeBytes,
  layerContent,
} from "../../lib/store/content.ts";
import { copy } from "../../lib/store/copy.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { compress } from "../../lib/stream/compress.ts";
import { makeImage } from "../support/images.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTar } from "./make_tar.ts";

function threeLayers(): Image {
  return makeImage(["one", "two", "three"].map((content) => [{ path: content, content }]));
}

Deno.test("an index with all its platforms keeps its digest through an OCI archive", async () => {
  await using dir = await tempDir();
  const index = createIndex([
    { image: makeImage([[{ path: "a", content: "amd64" }]], { platform: "linux/amd64" }) },
    { image: makeImage([[{ path: "a", content: "arm64" }]], { platform: "linux/arm64/v8" }) },
  ]);
  let digest: string;
  {
    await using archive = await createOciArchive(dir.join("out.tar"));
    ({ digest } = await copy(index, archive, { names: ["v1", "registry.example/app:v1"] }));
    await archive.commit();
  }
  await using archive = await openOciArchive(dir.join("out.tar"));
  assertEquals(await Array.fromAsync(archive.names()), ["registry.example/app:v1", "v1"]);
  for (const name of ["v1", "registry.example/app:v1", digest, undefined]) {
    await using store = new MemoryStore();
    assertEquals((await copy(await archive.open(name), store)).digest, digest);
  }
});

Deno.test("the same contents give the same bytes in whatever order they come", async () => {
  await using dir = await tempDir();
  const image = threeLayers();
  const contents: Content[] = (await image.layers()).map(layerContent);
  const tars: Uint8Array[] = [];
  for (const [i, order] of [contents, contents.toReversed()].entries()) {
    const path = dir.join(`${i}.tar`);
    await using archive = await createOciArchive(path);
    for (const content of order) await archive.write(content);
    await copy(image, archive, { names: ["v1"], jobs: i + 1 });
    await archive.commit();
    tars.push(await Deno.readFile(path));
  }
  assertEquals(tars[0], tars[1]);
});

Deno.test("blobs that come at the same time, in pieces, do not get in each other's way", async () => {
  await using dir = await tempDir();
  const count = 20;
  const image = makeImage(
    Array.from({ length: count }, (_, i) => [{ path: `${i}`, content: `${i}`.repeat(1000 * i) }]),
  );
  const layers = await image.layers();
  for (const layer of layers) await layer.digest();
  await using written = await createOciArchive(dir.join("out.tar"));
  await Promise.all(layers.map((layer, i) =>
    written.write({
      ...layerContent(layer),
      descriptor: layer.descriptor,
      open: () => Promise.resolve(inPieces(layer.compressed(), count - i)),
    })
  ));
  const { digest } = await copy(image, written, { names: ["v1"] });
  await written.commit();
  await using archive = await openOciArchive(dir.join("out.tar"));
  await using store = new MemoryStore();
  assertEquals((await copy(await archive.open("v1"), store)).digest, digest);
});

Deno.test("single-pass layers give the bytes that the same layers give again", async () => {
  await using dir = await tempDir();
  const image = threeLayers();
  const layers = await image.layers();
  const again = appendLayers(
    emptyImage(),
    layers.map((layer) => new StreamLayer(layer.uncompressed())),
  );
  const known = appendLayers(emptyImage(), layers);
  for (const [name, view] of [["once.tar", again], ["known.tar", known]] as const) {
    await using archive = await createOciArchive(dir.join(name));
    await copy(view, archive, { names: ["v1"] });
    await archive.commit();
  }
  assertEquals(
    await Deno.readFile(dir.join("once.tar")),
    await Deno.readFile(dir.join("known.tar")),
  );
});

Deno.test("an archive into a stream is whole when the stream closes", async () => {
  await using dir = await tempDir();
  const layers = (await threeLayers().layers()).map((l) => new StreamLayer(l.uncompressed()));
  const file = await Deno.open(dir.join("out.tar"), { write: true, createNew: true });
  await using written = await createOciArchive(file.writable);
  const { digest } = await copy(appendLayers(emptyImage(), layers), written, { names: ["v1"] });
  await written.commit();
  await using archive = await openOciArchive(dir.join("out.tar"));
  await using store = new MemoryStore();
  assertEquals((await copy(await archive.open("v1"), store)).digest, digest);
});

Deno.test("an archive that is given up leaves nothing, and what was there stays", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("out.tar"), "before");
  {
    await using archive = await createOciArchive(dir.join("out.tar"));
    await copy(threeLayers(), archive, { names: ["v1"] });
  }
  assertEquals((await Array.fromAsync(Deno.readDir(dir.path))).map(({ name }) => name), [
    "out.tar",
  ]);
  assertEquals(await Deno.readTextFile(dir.join("out.tar")), "before");
});

Deno.test("a source that fails is what the caller sees, and nothing is left", async () => {
  await using dir = await tempDir();
  const failure = new Error("the disk is on fire");
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(failure),
  });
  {
    await using archive = await createOciArchive(dir.join("out.tar"));
    const image = appendLayers(emptyImage(), [new StreamLayer(source)]);
    const error = await assertRejects(() => copy(image, archive, { names: ["v1"] }));
    assertEquals(error, failure);
  }
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

Deno.test("a cancel in the middle of a layer ends the copy and leaves nothing", async () => {
  await using dir = await tempDir();
  const cancel = new AbortController();
  const source = new ReadableStream<Uint8Array>({
    pull() {
      cancel.abort(new Error("enough"));
      return new Promise(() => {});
    },
  });
  {
    await using archive = await createOciArchive(dir.join("out.tar"));
    const image = appendLayers(emptyImage(), [new StreamLayer(source)]);
    await assertRejects(() => copy(image, archive, { signal: cancel.signal }), Error, "enough");
  }
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

Deno.test("content that is not what its descriptor says is not taken, and may come again", async () => {
  await using dir = await tempDir();
  await using archive = await createOciArchive(dir.join("out.tar"));
  const image = threeLayers();
  const [layer] = await image.layers();
  assert(layer !== undefined);
  await layer.digest();
  const { descriptor } = layer;
  assert(descriptor !== undefined);
  const wrong: Content = {
    ...layerContent(layer),
    descriptor,
    open: () => Promise.resolve(ReadableStream.from([new Uint8Array(descriptor.size)])),
  };
  await assertRejects(() => archive.write(wrong), DigestMismatchError);
  assertEquals(await archive.has(descriptor), false);
  await archive.write(layerContent(layer));
  assertEquals(await archive.has(descriptor), true);
  const { digest } = await copy(image, archive, { names: ["v1"] });
  await archive.commit();
  await using opened = await openOciArchive(dir.join("out.tar"));
  await using store = new MemoryStore();
  assertEquals((await copy(await opened.open("v1"), store)).digest, digest);
});

Deno.test("what a single-pass source left when it failed does not show in the archive", async () => {
  await using dir = await tempDir();
  const image = threeLayers();
  for (const name of ["clean.tar", "failed.tar"]) {
    await using archive = await createOciArchive(dir.join(name));
    if (name === "failed.tar") {
      const layer = new StreamLayer(failingAfter(new Uint8Array(100_000).fill(0xff)), {
        compression: "none",
      });
      await assertRejects(() => archive.write(layerContent(layer)), Error, "no more");
    }
    await copy(image, archive, { names: ["v1"] });
    await archive.commit();
  }
  const [clean, failed] = await Promise.all(
    ["clean.tar", "failed.tar"].map((name) => Deno.readFile(dir.join(name))),
  );
  assertEquals(failed, clean);
});

Deno.test("a blob that the archive lacks is not found, and the rest is there", async () => {
  await using dir = await tempDir();
  const image = threeLayers();
  const bytes = await image.manifest();
  const descriptor = await image.descriptor();
  await makeTar(dir.join("out.tar"), [
    ["oci-layout", '{"imageLayoutVersion":"1.0.0"}'],
    ["index.json", JSON.stringify({ schemaVersion: 2, manifests: [descriptor] })],
    [`blobs/sha256/${descriptor.digest.slice(7)}`, bytes],
  ]);
  await using archive = await openOciArchive(dir.join("out.tar"));
  const view = await archive.open();
  assert(view.kind === "image");
  assertEquals(await view.manifest(), bytes);
  const error = await assertRejects(
    () => archive.fetch({ mediaType: "", digest: `sha256:${"0".repeat(64)}`, size: 1 }),
    NotFoundError,
  );
  assertEquals(error.kind, "blob");
});

for (const compression of ["gzip", "zstd"] as const) {
  Deno.test(`an OCI archive that is ${compression} as a whole opens like a plain one`, async () => {
    await using dir = await tempDir();
    const image = threeLayers();
    {
      await using archive = await createOciArchive(dir.join("plain.tar"));
      await copy(image, archive, { names: ["v1"] });
      await archive.commit();
    }
    const plain = (await Deno.open(dir.join("plain.tar"))).readable;
    await Deno.writeFile(dir.join("out"), compress(plain, { compression, workers: 0 }));
    await using archive = await openOciArchive(dir.join("out"));
    assertEquals((await archive.resolve("v1")).digest, (await image.descriptor()).digest);
  });
}

Deno.test("from an offset on, content comes from there", async () => {
  await using dir = await tempDir();
  const image = threeLayers();
  await using written = await createOciArchive(dir.join("out.tar"));
  const descriptor = await copy(image, written, { names: ["v1"] });
  await written.commit();
  await using archive = await openOciArchive(dir.join("out.tar"));
  const whole = await new Response(await archive.fetch(descriptor)).bytes();
  const rest = await new Response(await archive.fetch(descriptor, { offset: 10 })).bytes();
  assertEquals(rest, whole.subarray(10).slice());
});

Deno.test("a name that two roots have is ambiguous, and the error gives the full names", async () => {
  await using dir = await tempDir();
  const images = ["a", "b"].map((content) => makeImage([[{ path: "f", content }]]));
  const manifests = await Promise.all(images.map(async (image, i) => ({
    ...await image.descriptor(),
    annotations: {
      "org.opencontainers.image.ref.name": "latest",
      "io.containerd.image.name": `docker.io/library/app${i}:latest`,
    },
  })));
  await makeTar(dir.join("out.tar"), [
    ["index.json", JSON.stringify({ schemaVersion: 2, manifests })],
  ]);
  await using archive = await openOciArchive(dir.join("out.tar"));
  for (const name of ["latest", undefined]) {
    const error = await assertRejects(() => archive.open(name), DocumentError);
    assert(error.message.includes("docker.io/library/app1:latest"), error.message);
  }
  assertEquals(
    (await archive.resolve("docker.io/library/app1:latest")).digest,
    manifests[1]?.digest,
  );
  await assertRejects(() => archive.open("v9"), NotFoundError);
});

Deno.test("an archive without index.json says what it may be instead", async () => {
  await using dir = await tempDir();
  await makeTar(dir.join("out.tar"), [["manifest.json", "[]"]]);
  await assertRejects(
    () => openOciArchive(dir.join("out.tar")),
    DocumentError,
    `docker-archive:${dir.join("out.tar")}`,
  );
});

function failingAfter(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return ReadableStream.from((async function* () {
    yield bytes;
    throw await Promise.resolve(new Error("no more"));
  })());
}

/** The same bytes in small pieces, `delay` milliseconds before the first. */
function inPieces(source: ReadableStream<Uint8Array>, delay: number): ReadableStream<Uint8Array> {
  return ReadableStream.from((async function* () {
    await new Promise((resolve) => setTimeout(resolve, delay));
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += 100) yield chunk.subarray(at, at + 100);
    }
  })());
}

Deno.test("a pipe that is gone ends the source of the blob that was to go into it", async () => {
  const gone = new Deno.errors.BrokenPipe("nobody reads");
  const pipe = new WritableStream<Uint8Array>({ write: () => Promise.reject(gone) });
  await using archive = await createOciArchive(pipe);
  const cancelled: unknown[] = [];
  const bytes = new Uint8Array(1);
  const content = {
    ...bytesContent(bytes, await describeBytes(bytes, "text/plain")),
    open: () =>
      Promise.resolve(
        new ReadableStream<Uint8Array>({ cancel: (reason) => void cancelled.push(reason) }),
      ),
  };
  await assertRejects(() => archive.write(content), Deno.errors.BrokenPipe);
  assertEquals(cancelled, [gone]);
});
