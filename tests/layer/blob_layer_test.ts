import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  CompressionError,
  type DavitError,
  DigestMismatchError,
  NotFoundError,
  SizeMismatchError,
} from "../../lib/errors.ts";
import { BlobLayer } from "../../lib/layer/blob_layer.ts";
import type { ContentSource } from "../../lib/layer/content_source.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { compress } from "../../lib/stream/compress.ts";
import { verify } from "../../lib/stream/verify.ts";
import { bytesOf } from "./bytes.ts";

const TAR = new Uint8Array(1024);
const DIFF_ID = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

async function describe(bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
  return { mediaType, digest: await digestBytes(bytes), size: bytes.length };
}

/** A place with one blob. */
function place(bytes: Uint8Array): ContentSource & { fetched: number } {
  const source = {
    fetched: 0,
    fetch(descriptor: Descriptor) {
      source.fetched++;
      return Promise.resolve(verify(ReadableStream.from([bytes]), descriptor));
    },
  };
  return source;
}

for (const compression of ["none", "gzip", "zstd"] as const) {
  for (const told of [MEDIA_TYPE.ociLayer, MEDIA_TYPE.ociLayerGzip, MEDIA_TYPE.ociLayerZstd]) {
    Deno.test(`a blob that is ${compression} decompresses though it is called ${told}`, async () => {
      const bytes = await bytesOf(compress(ReadableStream.from([TAR]), { compression }));
      const descriptor = await describe(bytes, told);
      const layer = new BlobLayer({ descriptor, origin: place(bytes) });
      assertEquals(await bytesOf(layer.compressed()), bytes);
      assertEquals(await bytesOf(layer.uncompressed()), TAR);
      assertEquals(await layer.diffId(), DIFF_ID);
    });
  }
}

Deno.test("a blob layer is what its descriptor says, and fetches nothing for that", async () => {
  const descriptor = {
    ...await describe(TAR, MEDIA_TYPE.dockerForeignLayerGzip),
    urls: ["https://layers.example/1"],
  };
  const origin = place(TAR);
  const layer = new BlobLayer({ descriptor, origin });
  assertStrictEquals(layer.descriptor, descriptor);
  assertStrictEquals(layer.origin, origin);
  assertEquals(layer.mediaType, MEDIA_TYPE.dockerForeignLayerGzip);
  assertEquals(await layer.digest(), descriptor.digest);
  assertEquals(await layer.size(), descriptor.size);
  await layer.compressed().cancel();
  await layer.uncompressed().cancel();
  assertEquals(origin.fetched, 0);
});

Deno.test("a diff ID that is known costs no fetch, and is asked for once", async () => {
  const origin = place(TAR);
  let asked = 0;
  const diffId = () => {
    asked++;
    return Promise.resolve(DIFF_ID as `sha256:${string}`);
  };
  const layer = new BlobLayer({ descriptor: await describe(TAR, "x"), origin, diffId });
  assertEquals(await Promise.all([layer.diffId(), layer.diffId()]), [DIFF_ID, DIFF_ID]);
  assertEquals([asked, origin.fetched], [1, 0]);
});

Deno.test("a diff ID that nobody knows costs one fetch", async () => {
  const origin = place(TAR);
  const diffId = () => Promise.resolve(undefined);
  const layer = new BlobLayer({ descriptor: await describe(TAR, "x"), origin, diffId });
  assertEquals(await Promise.all([layer.diffId(), layer.diffId()]), [DIFF_ID, DIFF_ID]);
  assertEquals(await layer.diffId(), DIFF_ID);
  assertEquals(origin.fetched, 1);
});

Deno.test("a tar that is not what the config says fails at its end", async () => {
  const diffId = () => digestBytes(new Uint8Array(512));
  const layer = new BlobLayer({ descriptor: await describe(TAR, "x"), origin: place(TAR), diffId });
  const error = await assertRejects(() => bytesOf(layer.uncompressed()), DigestMismatchError);
  assertEquals([error.expected, error.actual], [await diffId(), DIFF_ID]);
});

for (
  const { what, bytes, error } of [
    { what: "longer", bytes: new Uint8Array(1025), error: SizeMismatchError },
    { what: "shorter", bytes: new Uint8Array(1023), error: SizeMismatchError },
    { what: "other", bytes: new Uint8Array(1024).fill(1), error: DigestMismatchError },
  ]
) {
  Deno.test(`a blob of ${what} bytes fails both passes and the diff ID`, async () => {
    const layer = new BlobLayer({ descriptor: await describe(TAR, "x"), origin: place(bytes) });
    await assertRejects<DavitError>(() => bytesOf(layer.compressed()), error);
    await assertRejects<DavitError>(() => bytesOf(layer.uncompressed()), error);
    await assertRejects<DavitError>(() => layer.diffId(), error);
  });
}

Deno.test("a blob that does not decompress says so", async () => {
  const bytes = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255);
  const layer = new BlobLayer({ descriptor: await describe(bytes, "x"), origin: place(bytes) });
  await assertRejects(() => bytesOf(layer.uncompressed()), CompressionError);
});

Deno.test("a blob that is not there is the place's own error", async () => {
  const missing = new NotFoundError("blob", "sha256:…");
  const layer = new BlobLayer({
    descriptor: await describe(TAR, "x"),
    origin: { fetch: () => Promise.reject(missing) },
  });
  assertStrictEquals(await bytesOf(layer.compressed()).catch((error) => error), missing);
  assertStrictEquals(await bytesOf(layer.uncompressed()).catch((error) => error), missing);
});

Deno.test("a cancel reaches a fetch that is under way", async () => {
  const fetching = Promise.withResolvers<AbortSignal | undefined>();
  const layer = new BlobLayer({
    descriptor: await describe(TAR, "x"),
    origin: {
      fetch(_, { signal } = {}) {
        fetching.resolve(signal);
        return new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
      },
    },
  });
  const reader = layer.compressed().getReader();
  const reading = reader.read();
  const signal = await fetching.promise;
  await reader.cancel("enough");
  assertEquals(signal?.reason, "enough");
  assertEquals((await reading).done, true);
});

Deno.test("a stream that arrives after the cancel is cancelled too", async () => {
  const fetching = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<ReadableStream<Uint8Array>>();
  const cancelled = Promise.withResolvers<unknown>();
  const layer = new BlobLayer({
    descriptor: await describe(TAR, "x"),
    origin: {
      fetch() {
        fetching.resolve();
        return arrived.promise;
      },
    },
  });
  const reader = layer.compressed().getReader();
  const reading = reader.read();
  await fetching.promise;
  await reader.cancel("enough");
  arrived.resolve(new ReadableStream({ cancel: (reason) => cancelled.resolve(reason) }));
  assertEquals(await cancelled.promise, "enough");
  assertEquals((await reading).done, true);
});
