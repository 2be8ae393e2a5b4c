import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { CompressionError, LimitExceededError } from "../../lib/errors.ts";
import { decompress, type DecompressOptions } from "../../lib/stream/decompress.ts";
import {
  chunked,
  concat,
  drain,
  endless,
  failing,
  failureOf,
  sampleBytes,
  slow,
  streamOf,
} from "./sources.ts";

const MIB = 1024 ** 2;
const HELLO = concat("hello, ");
const WORLD = concat("world");
const SKIPPABLE = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2);
const encode = {
  gzip: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)),
  zstd: (bytes: Uint8Array) => new Uint8Array(zstdCompressSync(bytes, { params: { 201: 1 } })),
};

/** A gzip member with every optional field of its header. */
function memberWithAllFields(bytes: Uint8Array): Uint8Array {
  const [...trailer] = encode.gzip(bytes).subarray(-8);
  const extra = [4, 0, 0x53, 0x47, 0, 0];
  const header = [0x1f, 0x8b, 8, 0x1c, 1, 2, 3, 4, 2, 3, ...extra];
  return concat(
    Uint8Array.from(header),
    "name\0comment\0",
    deflateRawSync(bytes),
    Uint8Array.from(trailer),
  );
}

/** So many bytes that a worker decompresses them; whoever says so need not have them. */
const IN_WORKER: DecompressOptions = { size: 64 * MIB };

const READABLE: { what: string; bytes: Uint8Array; text: string }[] = [
  { what: "gzip", bytes: encode.gzip(HELLO), text: "hello, " },
  { what: "gzip of nothing", bytes: encode.gzip(new Uint8Array()), text: "" },
  {
    what: "gzip members in a row",
    bytes: concat(encode.gzip(HELLO), encode.gzip(new Uint8Array()), encode.gzip(WORLD)),
    text: "hello, world",
  },
  {
    what: "gzip with all header fields",
    bytes: concat(memberWithAllFields(HELLO), memberWithAllFields(WORLD)),
    text: "hello, world",
  },
  {
    what: "gzip with zeros after it",
    bytes: concat(encode.gzip(HELLO), new Uint8Array(5000)),
    text: "hello, ",
  },
  { what: "zstd", bytes: encode.zstd(HELLO), text: "hello, " },
  { what: "zstd of nothing", bytes: encode.zstd(new Uint8Array()), text: "" },
  {
    what: "zstd frames in a row",
    bytes: concat(encode.zstd(HELLO), encode.zstd(new Uint8Array()), encode.zstd(WORLD)),
    text: "hello, world",
  },
  {
    what: "zstd with skippable frames before, between and after",
    bytes: concat(SKIPPABLE, encode.zstd(HELLO), SKIPPABLE, encode.zstd(WORLD), SKIPPABLE),
    text: "hello, world",
  },
  { what: "zstd that is skippable frames only", bytes: concat(SKIPPABLE, SKIPPABLE), text: "" },
  { what: "plain bytes", bytes: HELLO, text: "hello, " },
  { what: "nothing", bytes: new Uint8Array(), text: "" },
  { what: "a single byte of a magic number", bytes: Uint8Array.of(0x1f), text: "\x1f" },
];

for (const { what, bytes, text } of READABLE) {
  Deno.test(`decompress() reads ${what}, in any chunks`, async () => {
    for (const size of [1, 2, 11, 4096, Math.max(1, bytes.length)]) {
      const decompressed = await drain(decompress(chunked(bytes, size)));
      assertEquals(new TextDecoder().decode(decompressed), text);
    }
    const remote = await drain(decompress(chunked(bytes, 11), IN_WORKER));
    assertEquals(new TextDecoder().decode(remote), text);
  });
}

for (const format of ["gzip", "zstd"] as const) {
  Deno.test(`decompress() reads any ${format}, in any pieces and any chunks`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(400_000), { maxLength: 4 }),
        fc.integer({ min: 100, max: 100_000 }),
        async (sizes, chunk) => {
          const parts = sizes.map((size, index) => sampleBytes(size, index));
          const bytes = concat(...parts.map(encode[format]));
          assertEquals(await drain(decompress(chunked(bytes, chunk))), concat(...parts));
        },
      ),
      { numRuns: 30 },
    );
  });

  Deno.test(`decompress() notices any ${format} that is cut short`, async () => {
    const bytes = concat(encode[format](HELLO), encode[format](WORLD));
    const whole = encode[format](HELLO).length;
    for (let length = 4; length < bytes.length; length++) {
      if (length === whole) continue;
      const error = await failureOf(decompress(streamOf(bytes.subarray(0, length))));
      assertInstanceOf(error, CompressionError);
      assertStringIncludes(error.message, "ended early");
    }
  });

  Deno.test(`decompress() gives all the bytes of ${format} or fails, whatever byte is changed`, async () => {
    const bytes = encode[format](concat(HELLO, HELLO, WORLD));
    const HEADER = 10; // gzip's time and system may be anything
    for (let at = format === "gzip" ? HEADER : 4; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      const result = await drain(decompress(streamOf(damaged))).catch((error) => error);
      if (result instanceof Uint8Array) assertEquals(result, concat(HELLO, HELLO, WORLD));
      else assertInstanceOf(result, CompressionError);
    }
  });
}

function changed(bytes: Uint8Array, fromEnd: number): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length - fromEnd] = (copy.at(-fromEnd) ?? 0) ^ 1;
  return copy;
}

const HOSTILE: { why: string; bytes: Uint8Array; message: string; options?: DecompressOptions }[] =
  [
    { why: "a wrong CRC", bytes: changed(encode.gzip(HELLO), 8), message: "data check" },
    { why: "a wrong ISIZE", bytes: changed(encode.gzip(HELLO), 1), message: "length check" },
    { why: "a wrong zstd checksum", bytes: changed(encode.zstd(HELLO), 1), message: "checksum" },
    { why: "bytes after gzip", bytes: concat(encode.gzip(HELLO), "more"), message: "gzip" },
    {
      why: "bytes after gzip and zeros",
      bytes: concat(encode.gzip(HELLO), new Uint8Array(512), "more"),
      message: "other bytes",
    },
    {
      why: "a member after gzip and zeros",
      bytes: concat(encode.gzip(HELLO), new Uint8Array(512), encode.gzip(WORLD)),
      message: "other bytes",
    },
    { why: "bytes after zstd", bytes: concat(encode.zstd(HELLO), "more"), message: "a frame" },
    {
      why: "gzip after zstd",
      bytes: concat(encode.zstd(HELLO), encode.gzip(WORLD)),
      message: "a frame",
    },
    {
      why: "zstd after gzip",
      bytes: concat(encode.gzip(HELLO), encode.zstd(WORLD)),
      message: "gzip",
    },
    {
      why: "gzip's reserved flags",
      bytes: Uint8Array.of(0x1f, 0x8b, 8, 0xe0, 0, 0, 0, 0, 0, 3),
      message: "gzip",
    },
    {
      why: "gzip of another method",
      bytes: Uint8Array.of(0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 3),
      message: "gzip",
    },
    {
      why: "a zstd block of the reserved type",
      bytes: Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 7, 0, 0),
      message: "zstd",
    },
    { why: "bzip2", bytes: concat("BZh91AY&SY", new Uint8Array(9)), message: "bzip2" },
    { why: "xz", bytes: concat(Uint8Array.of(0xfd), "7zXZ\0", new Uint8Array(9)), message: "xz" },
    {
      why: "gzip that should be zstd",
      bytes: encode.gzip(HELLO),
      options: { compression: "zstd" },
      message: "expected zstd, got gzip",
    },
    {
      why: "zstd that should be gzip",
      bytes: encode.zstd(HELLO),
      options: { compression: "gzip" },
      message: "expected gzip, got zstd",
    },
    {
      why: "plain bytes that should be gzip",
      bytes: HELLO,
      options: { compression: "gzip" },
      message: "expected gzip, got no compression",
    },
    {
      why: "gzip that should be plain",
      bytes: encode.gzip(HELLO),
      options: { compression: "none" },
      message: "expected no compression, got gzip",
    },
    {
      why: "nothing that should be gzip",
      bytes: new Uint8Array(),
      options: { compression: "gzip" },
      message: "expected gzip",
    },
  ];

for (const { why, bytes, message, options } of HOSTILE) {
  Deno.test(`decompress() refuses ${why}`, async () => {
    for (const size of [1, Math.max(1, bytes.length)]) {
      const error = await failureOf(decompress(chunked(bytes, size), options));
      assertInstanceOf(error, CompressionError);
      assertEquals(error.code, "ERR_COMPRESSION");
      assertStringIncludes(error.message, message);
      assertStringIncludes(error.message, "Cannot decompress");
    }
    const [here, remote] = await Promise.all(
      [{}, IN_WORKER].map((place) =>
        failureOf(decompress(streamOf(bytes), { ...options, ...place }))
      ),
    );
    assertEquals(String(remote), String(here));
  });
}

for (const compression of ["gzip", "zstd", "none"] as const) {
  Deno.test(`decompress() takes ${compression} where it was promised`, async () => {
    const bytes = compression === "none" ? HELLO : encode[compression](HELLO);
    assertEquals(await drain(decompress(streamOf(bytes), { compression })), HELLO);
  });

  Deno.test(`decompress() of ${compression} holds a limit of bytes`, async () => {
    const content = sampleBytes(3 * MIB);
    const bytes = compression === "none" ? content : encode[compression](content);
    const maxBytes = content.length;
    assertEquals((await drain(decompress(streamOf(bytes), { maxBytes }))).length, maxBytes);
    const error = await failureOf(decompress(streamOf(bytes), { maxBytes: maxBytes - 1 }));
    assertInstanceOf(error, LimitExceededError);
    assertEquals(error.limit, maxBytes - 1);
  });
}

const WAYS = [
  { way: "gzip", format: "gzip", place: {} },
  { way: "gzip in a worker", format: "gzip", place: IN_WORKER },
  { way: "zstd", format: "zstd", place: {} },
] as const;

for (const { way, format, place } of WAYS) {
  const bomb = encode[format](new Uint8Array(64 * MIB));

  Deno.test(`decompress() stops a bomb of ${way} at the ratio that was asked for`, async () => {
    const error = await failureOf(decompress(chunked(bomb, 1000), { ...place, maxRatio: 100 }));
    assertInstanceOf(error, LimitExceededError);
    assertStringIncludes(error.message, "bomb");
    assert(error.limit <= Math.max(MIB, 100 * bomb.length));
  });

  Deno.test(`decompress() lets honest zeros of ${way} pass`, async () => {
    let length = 0;
    for await (const chunk of decompress(chunked(bomb, 1000), place)) length += chunk.length;
    assertEquals(length, 64 * MIB);
  });

  Deno.test(`decompress() of ${way} can be left in the middle`, async () => {
    const stream = chunked(bomb, 1000);
    const reader = decompress(stream, place).getReader();
    for (let read = 0; read < 3; read++) assert(!(await reader.read()).done);
    await reader.cancel("enough");
  });

  Deno.test(`decompress() of ${way} fails with the source's own error`, async () => {
    const error = new Error("the disk is gone");
    const half = bomb.subarray(0, bomb.length / 2);
    assertEquals(await failureOf(decompress(failing(error, half), place)), error);
    assertEquals(await failureOf(decompress(failing(undefined, half), place)), undefined);
  });

  Deno.test(`decompress() of ${way} ends by its signal`, async () => {
    const controller = new AbortController();
    const source = slow(encode[format](sampleBytes(MIB)));
    const failing = failureOf(decompress(source.stream, { ...place, signal: controller.signal }));
    setTimeout(() => controller.abort("enough"), 20);
    assertEquals([await failing, source.cancels()], ["enough", ["enough"]]);
  });

  Deno.test(`decompress() of ${way} cancels the source when the bytes are bad`, async () => {
    const source = endless(concat(encode[format](HELLO), "junk"));
    const error = await failureOf(decompress(source.stream, place));
    assertInstanceOf(error, CompressionError);
    assertEquals(source.cancels(), [error]);
  });

  Deno.test(`decompress() of ${way} does not run ahead of its reader`, async () => {
    const source = endless(encode[format](sampleBytes(MIB)));
    const reader = decompress(source.stream, place).getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert(source.pulls() < 5, `${source.pulls()} pulls`);
    await reader.cancel();
    assertEquals(source.cancels().length, 1);
  });
}

Deno.test({
  name: "decompress() asks for no permission",
  permissions: "none",
  async fn() {
    const streams = [encode.gzip(HELLO), encode.zstd(HELLO)].map((bytes) => streamOf(bytes));
    for (const stream of streams) assertEquals(await drain(decompress(stream)), HELLO);
  },
});
