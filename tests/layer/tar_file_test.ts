import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  CompressionError,
  type DavitError,
  FileError,
  NotComputedError,
  TarError,
} from "../../lib/errors.ts";
import { layerFromTarFile, layerFromTarStream } from "../../lib/layer/tar_file.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { compress } from "../../lib/stream/compress.ts";
import { encodeHeader, END_OF_ARCHIVE } from "../../lib/tar/writer.ts";
import { tempDir } from "../support/temp_dir.ts";
import { bytesOf, streamOf } from "./bytes.ts";

const DIRECTORY = encodeHeader({
  type: "directory",
  name: "etc/",
  size: 0,
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0,
});
const TAR = new Uint8Array([...DIRECTORY, ...END_OF_ARCHIVE]);

function packed(compression: "none" | "gzip" | "zstd", tar = TAR): Promise<Uint8Array> {
  return bytesOf(compress(streamOf(tar), { compression, level: 3 }));
}

/** A stream that gives a byte at a time. */
function trickle(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return ReadableStream.from(bytes.values().map((byte) => Uint8Array.of(byte)));
}

for (
  const { compression, family, mediaType } of [
    { compression: "gzip", family: "oci", mediaType: MEDIA_TYPE.ociLayerGzip },
    { compression: "gzip", family: "docker", mediaType: MEDIA_TYPE.dockerLayerGzip },
    { compression: "zstd", family: "oci", mediaType: MEDIA_TYPE.ociLayerZstd },
  ] as const
) {
  Deno.test(`a ${compression} file is kept byte for byte, as ${mediaType}`, async () => {
    await using dir = await tempDir();
    const path = dir.join("layer");
    const bytes = await packed(compression);
    await Deno.writeFile(path, bytes);
    const layer = await layerFromTarFile(path, { family, compression: "none", level: 9 });
    assertEquals(layer.mediaType, mediaType);
    assertEquals(layer.descriptor, undefined);
    assertEquals(await bytesOf(layer.compressed()), bytes);
    assertEquals(await bytesOf(layer.uncompressed()), TAR);
    assertEquals(await layer.digest(), await digestBytes(bytes));
    assertEquals(await layer.size(), bytes.length);
    assertEquals(await layer.diffId(), await digestBytes(TAR));
  });

  Deno.test(`a ${compression} stream passes as it is, as ${mediaType}`, async () => {
    const bytes = await packed(compression);
    for (const stream of [streamOf(bytes), trickle(bytes)]) {
      const layer = await layerFromTarStream(stream, { family, compression: "none" });
      assertEquals(layer.mediaType, mediaType);
      await assertRejects(() => layer.diffId(), NotComputedError);
      assertEquals(await bytesOf(layer.compressed()), bytes);
      assertEquals(await layer.digest(), await digestBytes(bytes));
      assertEquals(await layer.size(), bytes.length);
      assertEquals(await layer.diffId(), await digestBytes(TAR));
    }
  });

  Deno.test(`a ${compression} stream can be had uncompressed (${family})`, async () => {
    const layer = await layerFromTarStream(streamOf(await packed(compression)), { family });
    assertEquals(await bytesOf(layer.uncompressed()), TAR);
    assertEquals(await layer.diffId(), await digestBytes(TAR));
    await assertRejects(() => layer.digest(), NotComputedError);
  });
}

Deno.test("one reading of a compressed file tells all three facts", async () => {
  await using dir = await tempDir();
  const path = dir.join("layer");
  const bytes = await packed("gzip");
  await Deno.writeFile(path, bytes);
  const layer = await layerFromTarFile(path);
  const diffId = await layer.diffId();
  await Deno.remove(path);
  assertEquals(diffId, await digestBytes(TAR));
  assertEquals([await layer.digest(), await layer.size()], [
    await digestBytes(bytes),
    bytes.length,
  ]);
});

for (const compression of ["none", "gzip", "zstd"] as const) {
  Deno.test(`a plain tar becomes ${compression} as asked, from a file and from a stream`, async () => {
    await using dir = await tempDir();
    const path = dir.join("layer.tar");
    await Deno.writeFile(path, TAR);
    const options = { compression, level: 3 } as const;
    const layers = [
      await layerFromTarFile(path, options),
      await layerFromTarStream(streamOf(TAR), options),
      await layerFromTarStream(trickle(TAR), options),
    ];
    for (const layer of layers) {
      assertEquals(await bytesOf(layer.compressed()), await packed(compression));
      assertEquals(await layer.diffId(), await digestBytes(TAR));
    }
  });
}

for (const bytes of [new Uint8Array(), new Uint8Array(1024)]) {
  Deno.test(`a tar of ${bytes.length} zeros is a layer without files`, async () => {
    await using dir = await tempDir();
    await Deno.writeFile(dir.join("layer"), bytes);
    const layer = await layerFromTarFile(dir.join("layer"));
    assertEquals(await layer.diffId(), await digestBytes(bytes));
    const stream = await layerFromTarStream(streamOf(bytes));
    await bytesOf(stream.compressed());
    assertEquals(await stream.diffId(), await digestBytes(bytes));
  });
}

const TEXT = new TextEncoder().encode("this is no tar ".repeat(100));

for (
  const { what, bytes, error } of [
    { what: "text", bytes: TEXT, error: TarError },
    { what: "a few bytes", bytes: TEXT.slice(0, 100), error: TarError },
    { what: "a tar with a wrong checksum", bytes: TAR.with(0, 0x66), error: TarError },
    { what: "gzip of text", bytes: await packed("gzip", TEXT), error: TarError },
    { what: "zstd of text", bytes: await packed("zstd", TEXT), error: TarError },
    {
      what: "xz",
      bytes: Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0, 0, 0, 0),
      error: CompressionError,
    },
    { what: "gzip cut off", bytes: (await packed("gzip")).slice(0, 30), error: CompressionError },
  ]
) {
  Deno.test(`a file of ${what} is refused`, async () => {
    await using dir = await tempDir();
    await Deno.writeFile(dir.join("layer"), bytes);
    const refused = await assertRejects<DavitError>(
      () => layerFromTarFile(dir.join("layer")),
      error,
      "Cannot",
    );
    if (error === TarError) assertStringIncludes(refused.message, "expected a tar");
  });

  Deno.test(`a stream of ${what} is refused, at the latest when it is read`, async () => {
    const stream = streamOf(bytes);
    await assertRejects<DavitError>(
      async () => await bytesOf((await layerFromTarStream(stream)).compressed()),
      error,
      "Cannot",
    );
  });
}

Deno.test("a compressed stream that is damaged late fails, and the layer with it", async () => {
  const tar = new Uint8Array([
    ...DIRECTORY,
    ...crypto.getRandomValues(new Uint8Array(60_000)),
    ...END_OF_ARCHIVE,
  ]);
  const bytes = await packed("gzip", tar);
  const damaged = bytes.with(bytes.length - 6, (bytes.at(-6) ?? 0) ^ 1);
  const layer = await layerFromTarStream(streamOf(damaged));
  const error = await assertRejects(() => bytesOf(layer.compressed()), CompressionError);
  assert(await layer.digest().catch((cause) => cause) === error);
});

for (
  const { what, prepare } of [
    { what: "there is no file", prepare: () => Promise.resolve() },
    { what: "it is a directory", prepare: (path: string) => Deno.mkdir(path) },
  ]
) {
  Deno.test(`a file is refused by name when ${what}`, async () => {
    await using dir = await tempDir();
    const path = dir.join("layer.tar");
    await prepare(path);
    const error = await assertRejects(() => layerFromTarFile(path), FileError, path);
    assertEquals(error.path, path);
  });
}

Deno.test("a cancelled pass over a file leaves nothing open", async () => {
  await using dir = await tempDir();
  await Deno.writeFile(dir.join("layer"), new Uint8Array(5 * 2 ** 20));
  const layer = await layerFromTarFile(dir.join("layer"));
  for (const way of ["compressed", "uncompressed"] as const) {
    const reader = layer[way]().getReader();
    await reader.read();
    await reader.cancel();
    await layer[way]().cancel();
  }
});

Deno.test("a cancelled pass over a compressed stream cancels its source", async () => {
  const cancelled = Promise.withResolvers<unknown>();
  const bytes = await packed("gzip", new Uint8Array(5 * 2 ** 20));
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bytes.slice(0, 1000)),
    cancel: (reason) => cancelled.resolve(reason),
  });
  const layer = await layerFromTarStream(source);
  const reader = layer.compressed().getReader();
  await reader.read();
  await reader.cancel("enough");
  assertEquals(await cancelled.promise, "enough");
  assertEquals(await layer.digest().catch((cause) => cause), "enough");
});

for (const way of ["compressed", "uncompressed"] as const) {
  Deno.test(`a cancel of ${way}() reaches a compressed source that has stalled`, async () => {
    const cancels: unknown[] = [];
    const [head, stalled] = [(await packed("gzip")).subarray(0, 12), new Promise<void>(() => {})];
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(head),
      pull: () => stalled,
      cancel: (reason) => void cancels.push(reason),
    });
    const layer = await layerFromTarStream(source);
    const reader = layer[way]().getReader();
    if (way === "compressed") await reader.read();
    const reading = reader.read();
    await new Promise((resolve) => setTimeout(resolve, 10));
    await reader.cancel("enough");
    assertEquals([(await reading).done, cancels], [true, ["enough"]]);
  });
}
