import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ConsumedError, NotComputedError } from "../../lib/errors.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { RecompressedLayer } from "../../lib/layer/recompressed_layer.ts";
import { StreamLayer } from "../../lib/layer/stream_layer.ts";
import { TarLayer } from "../../lib/layer/tar_layer.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { detect } from "../../lib/stream/detect.ts";
import { bytesOf } from "./bytes.ts";

const ENTRIES = [{ path: "etc/motd", content: "hello\n".repeat(1000) }];

for (const from of ["none", "gzip", "zstd"] as const) {
  for (const to of ["none", "gzip", "zstd"] as const) {
    Deno.test(`a layer goes from ${from} to ${to} and keeps its tar`, async () => {
      const layer = layerFromEntries(ENTRIES, { compression: from });
      const recompressed = new RecompressedLayer(layer, { compression: to });
      const bytes = await bytesOf(recompressed.compressed());
      const { compression, stream } = await detect(ReadableStream.from([bytes]));
      await stream.cancel();
      assertEquals(compression, to);
      assertEquals(await recompressed.digest(), await digestBytes(bytes));
      assertEquals(await recompressed.size(), bytes.length);
      assertEquals(await recompressed.diffId(), await layer.diffId());
      assertEquals(
        await bytesOf(recompressed.uncompressed()),
        await bytesOf(layer.uncompressed()),
      );
    });
  }
}

for (
  const { family, compression, mediaType } of [
    { family: "docker", compression: "none", mediaType: MEDIA_TYPE.dockerLayer },
    { family: "docker", compression: "gzip", mediaType: MEDIA_TYPE.dockerLayerGzip },
    { family: "docker", compression: "zstd", mediaType: MEDIA_TYPE.ociLayerZstd },
    { family: "oci", compression: "none", mediaType: MEDIA_TYPE.ociLayer },
  ] as const
) {
  Deno.test(`a layer of the family ${family} becomes ${mediaType}`, () => {
    const layer = layerFromEntries(ENTRIES, { family });
    assertEquals(new RecompressedLayer(layer, { compression }).mediaType, mediaType);
  });
}

Deno.test("without compression the digest is the diff ID, known without a pass", async () => {
  const inner = new TarLayer(() => {
    throw new Error("opened");
  });
  const diffId = await digestBytes(new Uint8Array());
  inner.diffId = () => Promise.resolve(diffId);
  const layer = new RecompressedLayer(inner, { compression: "none" });
  assertEquals(await layer.digest(), diffId);
  assertEquals(await layer.diffId(), diffId);
});

Deno.test("a single-pass layer stays single-pass", async () => {
  const inner = new StreamLayer(ReadableStream.from([new Uint8Array(1024)]));
  const layer = new RecompressedLayer(inner, { compression: "zstd" });
  await assertRejects(() => layer.digest(), NotComputedError);
  await assertRejects(() => layer.diffId(), NotComputedError);
  await assertRejects(() => layer.size(), NotComputedError);
  const bytes = await bytesOf(layer.compressed());
  assertEquals(await layer.digest(), await digestBytes(bytes));
  assertEquals(await layer.diffId(), await digestBytes(new Uint8Array(1024)));
  assertThrows(() => layer.compressed(), ConsumedError);
});
