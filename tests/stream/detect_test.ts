import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { CompressionError } from "../../lib/errors.ts";
import { detect } from "../../lib/stream/detect.ts";
import { chunked, concat, drain, endless, failing, streamOf } from "./sources.ts";

const CASES = [
  { what: "gzip", bytes: [0x1f, 0x8b, 8, 0], compression: "gzip" },
  { what: "a gzip magic alone", bytes: [0x1f, 0x8b], compression: "gzip" },
  { what: "half a gzip magic", bytes: [0x1f], compression: "none" },
  { what: "zstd", bytes: [0x28, 0xb5, 0x2f, 0xfd, 4], compression: "zstd" },
  { what: "three bytes of zstd", bytes: [0x28, 0xb5, 0x2f], compression: "none" },
  { what: "the first skippable frame", bytes: [0x50, 0x2a, 0x4d, 0x18], compression: "zstd" },
  { what: "the last skippable frame", bytes: [0x5f, 0x2a, 0x4d, 0x18], compression: "zstd" },
  { what: "no skippable frame", bytes: [0x60, 0x2a, 0x4d, 0x18], compression: "none" },
  { what: "nothing", bytes: [], compression: "none" },
  { what: "zeros", bytes: new Array<number>(1024).fill(0), compression: "none" },
  { what: "a tar of a file BZh9", bytes: [..."BZh9\0\0\0\0\0\0"].map(codeOf), compression: "none" },
] as const;

function codeOf(letter: string): number {
  return letter.charCodeAt(0);
}

for (const { what, bytes, compression } of CASES) {
  Deno.test(`detect() says ${compression} to ${what} and loses nothing`, async () => {
    for (const size of [1, 3, 4096]) {
      const detected = await detect(chunked(Uint8Array.from(bytes), size));
      assertEquals(detected.compression, compression);
      assertEquals(await drain(detected.stream), Uint8Array.from(bytes));
    }
  });
}

const REFUSED = [
  { name: "bzip2", head: concat("BZh9", Uint8Array.of(0x31, 0x41, 0x59, 0x26, 0x53, 0x59)) },
  { name: "xz", head: concat(Uint8Array.of(0xfd), "7zXZ\0", new Uint8Array(4)) },
];

for (const { name, head } of REFUSED) {
  Deno.test(`detect() refuses ${name} by name and cancels the source`, async () => {
    const source = endless(head);
    const error = await assertRejects(() => detect(source.stream), CompressionError, name);
    assertEquals(source.cancels(), [error]);
  });
}

Deno.test("detect() rejects with the source's own error", async () => {
  const error = new Error("the disk is gone");
  const source = failing(error, Uint8Array.of(0x1f));
  assertStrictEquals(await detect(source).catch((reason) => reason), error);
});

Deno.test("detect() passes a cancel on, after bytes that are still to be read", async () => {
  const source = endless(new Uint8Array(5));
  const { stream } = await detect(source.stream);
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel("enough");
  assertEquals([source.pulls(), source.cancels()], [2, ["enough"]]);
});

Deno.test("detect() reads no further than it must", async () => {
  const source = endless(new Uint8Array(10));
  const { stream } = await detect(source.stream);
  assertEquals(source.pulls(), 1);
  await stream.cancel();
  const short = await detect(streamOf(new Uint8Array(3)));
  assertEquals((await drain(short.stream)).length, 3);
});
