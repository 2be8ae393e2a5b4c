import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { ConsumedError, NotComputedError, UnsupportedError } from "../../lib/errors.ts";
import type { Layer } from "../../lib/layer/layer.ts";
import type { LayerOptions } from "../../lib/layer/layer_options.ts";
import { StreamLayer } from "../../lib/layer/stream_layer.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { decompress } from "../../lib/stream/decompress.ts";
import { bytesOf, streamOf } from "./bytes.ts";

const encoder = new TextEncoder();
const TEN_THOUSAND = encoder.encode("a".repeat(10_000));
const DIFF_ID = "sha256:27dd1f61b867b6a0f6e9d8a41c43231de52107e53ae424de8f847b821db4b711";
const EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** What `digest()`, `diffId()` and `size()` do. */
async function answers(layer: Layer): Promise<unknown[]> {
  const settled = await Promise.allSettled([layer.digest(), layer.diffId(), layer.size()]);
  return settled.map((each) => each.status === "fulfilled" ? each.value : each.reason);
}

function assertNotComputed(reasons: readonly unknown[]): void {
  for (const reason of reasons) assert(reason instanceof NotComputedError, `${reason}`);
}

Deno.test("before its bytes have passed a stream layer knows its media type alone", async () => {
  const layer = new StreamLayer(streamOf(TEN_THOUSAND));
  assertEquals(layer.mediaType, MEDIA_TYPE.ociLayerGzip);
  assertEquals(layer.descriptor, undefined);
  assertNotComputed(await answers(layer));
});

Deno.test("while its bytes pass a stream layer does not know more", async () => {
  const layer = new StreamLayer(streamOf(TEN_THOUSAND, TEN_THOUSAND), { compression: "none" });
  const reader = layer.compressed().getReader();
  await reader.read();
  assertNotComputed(await answers(layer));
  assertEquals(layer.descriptor, undefined);
  await reader.cancel();
});

for (const compression of ["none", "gzip", "zstd"] as const) {
  Deno.test(`a stream layer tells all of itself once its ${compression} bytes have passed`, async () => {
    const layer = new StreamLayer(streamOf(TEN_THOUSAND), { compression });
    const bytes = await bytesOf(layer.compressed());
    assertEquals(await layer.diffId(), DIFF_ID);
    assertEquals(await layer.digest(), await digestBytes(bytes));
    assertEquals(await layer.size(), bytes.length);
    assertEquals(layer.descriptor, {
      mediaType: layer.mediaType,
      digest: await layer.digest(),
      size: bytes.length,
    });
    assertEquals(await bytesOf(decompress(streamOf(bytes), { compression })), TEN_THOUSAND);
  });

  Deno.test(`a stream layer of no bytes at all is a layer too (${compression})`, async () => {
    const layer = new StreamLayer(streamOf(), { compression });
    const bytes = await bytesOf(layer.compressed());
    assertEquals(await layer.diffId(), EMPTY);
    assertEquals(await layer.digest(), await digestBytes(bytes));
    assertEquals(await layer.size(), bytes.length);
  });
}

Deno.test("the digests are known when the reader sees the end, without another turn", async () => {
  const layer = new StreamLayer(streamOf(TEN_THOUSAND));
  const reader = layer.compressed().getReader();
  while (!(await reader.read()).done);
  assert(layer.descriptor !== undefined);
});

for (const first of ["compressed", "uncompressed"] as const) {
  for (const second of ["compressed", "uncompressed"] as const) {
    Deno.test(`after ${first}() a stream layer throws on ${second}(), at once`, async () => {
      const layer = new StreamLayer(streamOf(TEN_THOUSAND));
      const stream = layer[first]();
      assertThrows(() => layer[second](), ConsumedError, "the layer");
      await bytesOf(stream);
      assertThrows(() => layer[second](), ConsumedError);
      assertEquals(await layer.diffId(), DIFF_ID, "the failed call changed nothing");
    });
  }
}

Deno.test("uncompressed() passes the tar itself and tells the diff ID alone", async () => {
  const layer = new StreamLayer(streamOf(TEN_THOUSAND));
  assertEquals(await bytesOf(layer.uncompressed()), TEN_THOUSAND);
  assertEquals(await layer.diffId(), DIFF_ID);
  await assertRejects(() => layer.digest(), NotComputedError);
  await assertRejects(() => layer.size(), NotComputedError);
  assertEquals(layer.descriptor, undefined);
});

Deno.test("uncompressed() tells all when nothing is compressed", async () => {
  const layer = new StreamLayer(streamOf(TEN_THOUSAND), { compression: "none" });
  await bytesOf(layer.uncompressed());
  assertEquals(await answers(layer), [DIFF_ID, DIFF_ID, 10_000]);
});

for (
  const { options, mediaType } of [
    { options: { compression: "none" }, mediaType: MEDIA_TYPE.ociLayer },
    { options: { compression: "zstd" }, mediaType: MEDIA_TYPE.ociLayerZstd },
    { options: { family: "docker" }, mediaType: MEDIA_TYPE.dockerLayerGzip },
    { options: { mediaType: "application/x" }, mediaType: "application/x" },
  ] as const
) {
  Deno.test(`a stream layer with ${JSON.stringify(options)} is ${mediaType}`, async () => {
    const layer = new StreamLayer(streamOf(), options);
    assertEquals(layer.mediaType, mediaType);
    await layer.compressed().cancel();
  });
}

for (const compression of ["none", "gzip", "zstd"] as const) {
  for (const way of ["compressed", "uncompressed"] as const) {
    Deno.test(`a cancel of ${way}() leaves a ${compression} layer failed with its reason`, async () => {
      const cancelled = Promise.withResolvers<unknown>();
      const source = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(2 ** 20)),
        cancel: (reason) => cancelled.resolve(reason),
      });
      const layer = new StreamLayer(source, { compression });
      const reader = layer[way]().getReader();
      await reader.read();
      const reason = new Error("enough");
      await reader.cancel(reason);
      assertStrictEquals(await cancelled.promise, reason, "the source was told");
      for (const answer of await answers(layer)) assertStrictEquals(answer, reason);
      assertEquals(layer.descriptor, undefined);
      assertThrows(() => layer.compressed(), ConsumedError);
    });

    Deno.test(`a source error in ${way}() leaves a ${compression} layer failed with it`, async () => {
      const cause = new Error("disk on fire");
      const source = ReadableStream.from((function* () {
        yield new Uint8Array(2 ** 20);
        throw cause;
      })());
      const layer = new StreamLayer(source, { compression });
      const thrown = await bytesOf(layer[way]()).catch((error) => error);
      assertStrictEquals(thrown, cause);
      for (const answer of await answers(layer)) assertStrictEquals(answer, cause);
      assertEquals(layer.descriptor, undefined);
    });
  }
}

Deno.test("a cancel before the first read fails the layer and cancels the source unread", async () => {
  let pulls = 0;
  const cancelled = Promise.withResolvers<unknown>();
  const source = new ReadableStream<Uint8Array>({
    pull: () => void pulls++,
    cancel: (reason) => cancelled.resolve(reason),
  }, { highWaterMark: 0 });
  const layer = new StreamLayer(source);
  await layer.compressed().cancel("no");
  assertEquals(await cancelled.promise, "no");
  assertEquals(pulls, 0);
  assertEquals(await answers(layer), ["no", "no", "no"]);
});

Deno.test("a cancel without a reason fails the layer with an AbortError", async () => {
  const layer = new StreamLayer(streamOf(TEN_THOUSAND));
  await layer.compressed().cancel();
  for (const answer of await answers(layer)) {
    assert(answer instanceof DOMException && answer.name === "AbortError");
  }
});

Deno.test("a cancel of the small layer whose bytes have all been read is still a cancel", async () => {
  const layer = new StreamLayer(streamOf(TEN_THOUSAND));
  const reader = layer.compressed().getReader();
  await reader.read();
  await reader.cancel("early");
  assertEquals(await answers(layer), ["early", "early", "early"]);
});

Deno.test("a cancel while a read of the source is pending ends that read", async () => {
  const cancelled = Promise.withResolvers<unknown>();
  const stalled = new ReadableStream<Uint8Array>({ cancel: (reason) => cancelled.resolve(reason) });
  const layer = new StreamLayer(stalled);
  const reader = layer.compressed().getReader();
  const reading = reader.read();
  await reader.cancel("stop");
  assertEquals((await reading).done, true);
  assertEquals(await cancelled.promise, "stop");
  assertEquals(await answers(layer), ["stop", "stop", "stop"]);
});

Deno.test("nothing is read before the first pull, and little ahead of the reader", async () => {
  let pulls = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulls++;
      controller.enqueue(crypto.getRandomValues(new Uint8Array(64 * 1024)));
    },
  }, { highWaterMark: 0 });
  const layer = new StreamLayer(source, { workers: 1 });
  const reader = layer.compressed().getReader();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(pulls, 0);
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const most = 6 * 16;
  assert(pulls <= most, `expected at most ${most} pulls of 64 KiB, got ${pulls}`);
  await reader.cancel();
});

Deno.test("a source that somebody reads already is refused", async () => {
  const source = streamOf(TEN_THOUSAND);
  const reader = source.getReader();
  assertThrows(() => new StreamLayer(source), TypeError, "nobody reads yet");
  await reader.cancel();
});

Deno.test("two stream layers cannot share a source", async () => {
  const source = streamOf(TEN_THOUSAND);
  const [first, second] = [new StreamLayer(source), new StreamLayer(source)];
  const stream = first.compressed();
  assertThrows(() => second.compressed(), TypeError);
  await stream.cancel();
});

for (const workers of [0, 1, 2, 4]) {
  Deno.test(`a stream layer has the same digest with ${workers} workers`, async () => {
    const chunk = encoder.encode("davit ".repeat(100_000));
    const layer = new StreamLayer(streamOf(chunk, chunk, chunk, chunk, chunk), { workers });
    await bytesOf(layer.compressed());
    const expected = new StreamLayer(streamOf(chunk, chunk, chunk, chunk, chunk), { workers: 0 });
    await bytesOf(expected.compressed());
    assertEquals(await layer.digest(), await expected.digest());
  });
}

Deno.test("the web engine gives a gzip layer of the same diff ID", async () => {
  const layer = new StreamLayer(streamOf(TEN_THOUSAND), { engine: "web" });
  const bytes = await bytesOf(layer.compressed());
  assertEquals(await layer.diffId(), DIFF_ID);
  assertEquals(await bytesOf(decompress(streamOf(bytes))), TEN_THOUSAND);
});

const IMPOSSIBLE: readonly LayerOptions[] = [
  { level: 10 },
  { compression: "zstd", level: 20 },
  { workers: -1 },
];

for (const options of IMPOSSIBLE) {
  Deno.test(`${JSON.stringify(options)} is refused at once, and the source left alone`, async () => {
    const source = streamOf(TEN_THOUSAND);
    assertThrows(() => new StreamLayer(source, options), RangeError, "Cannot compress");
    assertEquals(await bytesOf(source), TEN_THOUSAND);
  });
}

Deno.test("an engine that knows no zstd is refused at once", () => {
  const options = { engine: "web", compression: "zstd" } as const;
  assertThrows(() => new StreamLayer(streamOf(TEN_THOUSAND), options), UnsupportedError);
});
