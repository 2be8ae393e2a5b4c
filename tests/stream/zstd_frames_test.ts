import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { zstdCompressSync } from "node:zlib";
import { CompressionError } from "../../lib/errors.ts";
import { MAX_ZSTD_WINDOW_BYTES, ZstdFrames } from "../../lib/stream/zstd_frames.ts";
import { concat, join, sampleBytes } from "./sources.ts";

const FRAME = new Uint8Array(zstdCompressSync(sampleBytes(300_000)));
const SKIPPABLE = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 0x28, 0xb5, 0x2f);

/** Follows a stream and joins what goes on, piece by piece. */
function follow(bytes: Uint8Array, chunk = bytes.length): Uint8Array[] {
  const frames = new ZstdFrames();
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    pieces.push(...frames.push(bytes.subarray(at, at + chunk)));
  }
  frames.end();
  return pieces;
}

Deno.test("ZstdFrames passes data frames on and leaves skippable ones out", () => {
  const stream = concat(SKIPPABLE, FRAME, SKIPPABLE, SKIPPABLE, FRAME, SKIPPABLE);
  for (const chunk of [1, 2, 3, 5, 1000, stream.length]) {
    assertEquals(join(follow(stream, chunk)), concat(FRAME, FRAME));
  }
});

Deno.test("ZstdFrames never gives a piece that reaches into the next frame", () => {
  const small = new Uint8Array(zstdCompressSync("a"));
  let length = 0;
  const ends = follow(concat(small, small, small)).map((piece) => length += piece.length);
  for (const end of [1, 2, 3]) assertEquals(ends.includes(end * small.length), true);
});

Deno.test("ZstdFrames finds a stream complete at the end of a frame, and nowhere else", () => {
  const stream = concat(SKIPPABLE, zstdCompressSync("abc"));
  for (let length = 0; length <= stream.length; length++) {
    const cut = stream.subarray(0, length);
    if ([0, SKIPPABLE.length, stream.length].includes(length)) follow(cut);
    else assertThrows(() => follow(cut), CompressionError, "ended early");
  }
});

const DESCRIPTOR = { single8: 0xe0, dictionary1: 0x21, window: 0x00 };

const HEADERS = [
  { why: "a window of 2 GiB", header: [DESCRIPTOR.window, 21 << 3], message: "window" },
  {
    why: "a window of 128 MiB and an eighth",
    header: [DESCRIPTOR.window, 17 << 3 | 1],
    message: "window",
  },
  {
    why: "content of 2^40 bytes in one segment",
    header: [DESCRIPTOR.single8, 0, 0, 0, 0, 0, 1, 0, 0],
    message: "window",
  },
  { why: "a dictionary", header: [DESCRIPTOR.dictionary1, 7, 0], message: "dictionary 7" },
];

for (const { why, header, message } of HEADERS) {
  Deno.test(`ZstdFrames refuses ${why} by name`, () => {
    const bytes = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...header, 1, 0, 0);
    assertThrows(() => follow(bytes), CompressionError, message);
  });
}

Deno.test("ZstdFrames takes a window of 128 MiB", () => {
  const header = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, DESCRIPTOR.window, 17 << 3, 1, 0, 0);
  assertEquals(MAX_ZSTD_WINDOW_BYTES, 2 ** 27);
  assertEquals(join(follow(header)), header);
});

Deno.test("ZstdFrames refuses other bytes where a frame should begin", () => {
  assertThrows(() => follow(concat(FRAME, "garbage")), CompressionError, "a frame");
  assertThrows(() => follow(concat(FRAME, new Uint8Array(512))), CompressionError, "a frame");
});

Deno.test("ZstdFrames ends on any bytes, with an answer or an error of its own", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 20 }), (tail, chunk) => {
    try {
      follow(concat(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), tail), chunk);
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error;
    }
  }));
});
