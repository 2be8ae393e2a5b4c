import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UnsupportedError } from "../../lib/errors.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { compress, type CompressOptions } from "../../lib/stream/compress.ts";
import { decompress } from "../../lib/stream/decompress.ts";
import { chunked, drain, failureOf, sampleBytes, slow, streamOf } from "./sources.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

function decompressByWeb(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return drain(
    streamOf(bytes).pipeThrough(
      new DecompressionStream("gzip") as TransformStream<Uint8Array, Uint8Array>,
    ),
  );
}

const SIZES = [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 5 * MIB + 17];

for (const size of SIZES) {
  Deno.test(`compress() gives gzip of ${size} bytes that any gunzip takes`, async () => {
    const bytes = sampleBytes(size);
    const compressed = await drain(compress(chunked(bytes, 100_000), { workers: 2 }));
    assertEquals(await decompressByWeb(compressed), bytes);
  });
}

const FORMATS = [
  { compression: "gzip", levels: [1, 6, 9], sizes: [0, MIB, 3 * MIB + 17] },
  { compression: "zstd", levels: [1, 3], sizes: [0, 4 * MIB, 9 * MIB + 17] },
] as const;

for (const { compression, levels, sizes } of FORMATS) {
  for (const level of levels) {
    Deno.test(`compress() to ${compression} ${level} gives the same bytes by 0 to 4 workers and in any chunks`, async () => {
      for (const size of sizes) {
        const bytes = sampleBytes(size);
        const ways = [[0, 65_536], [0, size], [1, MIB + 1], [2, 8191], [4, size]] as const;
        const digests = new Set<string>();
        for (const [workers, chunk] of ways) {
          const source = chunked(bytes, chunk || 1);
          const compressed = await drain(compress(source, { compression, level, workers }));
          digests.add(await digestBytes(compressed));
        }
        assertEquals(digests.size, 1);
      }
    });
  }

  Deno.test(`compress() to ${compression} does not depend on how few bytes come at a time`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 100 })), async (chunks) => {
        const [whole, pieces] = await Promise.all([
          drain(compress(streamOf(...chunks), { compression })),
          drain(compress(chunked(await drain(streamOf(...chunks)), 1), { compression })),
        ]);
        assertEquals(whole, pieces);
        assertEquals(await drain(decompress(streamOf(whole))), await drain(streamOf(...chunks)));
      }),
      { numRuns: 30 },
    );
  });
}

const GOLDEN = [
  {
    compression: "gzip",
    level: 1,
    digest: "sha256:d5b3a144a283e3a55511129af8fff90bda6c1a47a214597f18d714ae4a1ce591",
  },
  {
    compression: "gzip",
    level: 6,
    digest: "sha256:7aabdc06ca53616e21fe1d84cdff137b58532cc5a2214bd0c72b0359a2d18fe5",
  },
  {
    compression: "gzip",
    level: 9,
    digest: "sha256:6f442ca7a8a8c60208921794a7b47de4b5521858bfb94e8abab0ccf2182db23f",
  },
  {
    compression: "zstd",
    level: 3,
    digest: "sha256:07873fa08887df3c8aa6a4c9100b06296fa73324a34da0c16afd6da5af9ead2e",
  },
] as const;

for (const { compression, level, digest } of GOLDEN) {
  Deno.test(`compress() to ${compression} ${level} gives the bytes that it gave before`, async () => {
    const source = streamOf(sampleBytes(3 * MIB));
    assertEquals(await digestBytes(await drain(compress(source, { compression, level }))), digest);
  });
}

for (const { compression, level } of GOLDEN) {
  Deno.test(`compress() to ${compression} ${level} adds next to nothing to noise`, async () => {
    const noise = new Uint8Array(5 * MIB);
    for (let at = 0; at < noise.length; at += 65_536) {
      crypto.getRandomValues(noise.subarray(at, at + 65_536));
    }
    const source = chunked(noise, 100_000);
    const compressed = await drain(compress(source, { compression, level, workers: 2 }));
    assert(compressed.length < noise.length * 1.005, `${compressed.length}`);
    assertEquals(
      await digestBytes(await drain(decompress(streamOf(compressed)))),
      await digestBytes(noise),
    );
  });
}

Deno.test("compress() writes a gzip header without time, name or system", async () => {
  const [...header] = (await drain(compress(streamOf(sampleBytes(10))))).subarray(0, 10);
  assertEquals(header, [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
});

Deno.test("compress() gives chunks that are worth a write", async () => {
  const zeros = compress(chunked(new Uint8Array(200 * MIB), 64 * KIB), { level: 1 });
  const sizes = await Array.fromAsync(zeros, ({ length }) => length);
  assert(sizes.slice(0, -1).every((size) => size >= 64 * KIB), sizes.join());
});

Deno.test("compress() lets timers run while this thread does the work", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await drain(compress(chunked(sampleBytes(20 * MIB), MIB), { workers: 0, level: 1 }));
  clearInterval(timer);
  assert(ticks > 5, `${ticks} ticks`);
});

Deno.test("compress() passes bytes that are not to be compressed", async () => {
  const bytes = sampleBytes(1000);
  assertEquals(await drain(compress(streamOf(bytes), { compression: "none" })), bytes);
});

Deno.test("compress() by the web engine gives gzip", async () => {
  const bytes = sampleBytes(100_000);
  const compressed = await drain(compress(streamOf(bytes), { engine: "web" }));
  assert(compressed.length < bytes.length);
  assertEquals(await decompressByWeb(compressed), bytes);
});

for (const compression of ["gzip", "zstd"] as const) {
  Deno.test(`compress() to ${compression} ends by its signal`, async () => {
    const source = slow(sampleBytes(MIB));
    const controller = new AbortController();
    const { signal } = controller;
    const failing = failureOf(compress(source.stream, { compression, workers: 2, signal }));
    setTimeout(() => controller.abort("enough"), 30);
    assertEquals([await failing, source.cancels()], ["enough", ["enough"]]);
  });
}

const MISUSES: { options: CompressOptions; why: string }[] = [
  { options: { level: 0 }, why: "gzip level 0" },
  { options: { level: 10 }, why: "gzip level 10" },
  { options: { level: 1.5 }, why: "gzip level 1.5" },
  { options: { level: NaN }, why: "gzip level NaN" },
  { options: { compression: "zstd", level: 20 }, why: "zstd level 20" },
  { options: { workers: -1 }, why: "-1 workers" },
  { options: { workers: 1.5 }, why: "1.5 workers" },
  { options: { workers: Infinity }, why: "workers without end" },
];

for (const { options, why } of MISUSES) {
  Deno.test(`compress() refuses ${why} at once and leaves the source alone`, async () => {
    const source = streamOf();
    assertThrows(() => compress(source, options), RangeError);
    assert(!source.locked);
    await source.cancel();
  });
}

Deno.test("compress() has no zstd in the web engine, and says which engine does", async () => {
  const source = streamOf();
  assertThrows(
    () => compress(source, { compression: "zstd", engine: "web" }),
    UnsupportedError,
    "native",
  );
  await source.cancel();
});

Deno.test({
  name: "compress() asks for no permission, with workers and without",
  permissions: "none",
  async fn() {
    const bytes = sampleBytes(3 * MIB);
    const [here, there] = await Promise.all([
      drain(compress(streamOf(bytes), { workers: 0 })),
      drain(compress(streamOf(bytes), { workers: 2 })),
    ]);
    assertEquals(here, there);
  },
});
