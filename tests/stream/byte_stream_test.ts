import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { abortable } from "../../lib/stream/abortable.ts";
import { byteStream, FrugalReader } from "../../lib/stream/byte_stream.ts";
import { concat } from "../../lib/stream/concat.ts";
import { lazyBytes } from "../../lib/stream/lazy_bytes.ts";
import { lookOn } from "../../lib/stream/look_on.ts";
import { withoutStart } from "../../lib/stream/without_start.ts";
import { chunked, drain, endless, failing, sampleBytes } from "./sources.ts";

type Stage = (source: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

const STAGES: readonly { readonly name: string; readonly stage: Stage }[] = [
  { name: "abortable()", stage: (source) => abortable(source, new AbortController().signal) },
  { name: "lazyBytes()", stage: (source) => lazyBytes(() => Promise.resolve(source)) },
  { name: "lookOn()", stage: (source) => lookOn(source, { see() {} }) },
  { name: "withoutStart()", stage: (source) => withoutStart(source, 0) },
];

/** Reads into its reader's memory, as a file and the body of a response do. */
function borrowing(bytes: Uint8Array, pieceBytes: number): ReadableStream<Uint8Array> {
  let position = 0;
  return byteStream({
    read(room) {
      const part = bytes.subarray(position, position + Math.min(pieceBytes, room.length));
      position += part.length;
      if (part.length === 0) return Promise.resolve({ done: true });
      room.set(part);
      return Promise.resolve({ done: false, value: room.subarray(0, part.length) });
    },
    cancel: () => Promise.resolve(),
  });
}

/** Copies what it reads; says whether later bytes came into the memory of the first ones. */
async function readFrugally(
  source: ReadableStream<Uint8Array>,
): Promise<{ readonly bytes: Uint8Array; readonly isReused: boolean }> {
  const reader = new FrugalReader(source);
  const copies: Uint8Array[] = [];
  let first: Uint8Array | undefined;
  for (let read = await reader.read(); read !== undefined; read = await reader.read()) {
    first ??= read;
    copies.push(read.slice());
  }
  return { bytes: concat(copies), isReused: first?.length === 0 };
}

for (const { name, stage } of STAGES) {
  Deno.test(`${name} passes all bytes on, whoever reads and whatever it is made of`, async () => {
    const sizes = fc.record({ size: fc.nat(700_000), piece: fc.integer({ min: 1, max: 400_000 }) });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ size, piece }) => {
        const bytes = sampleBytes(size);
        const pieceBytes = Math.max(piece, Math.ceil(size / 50));
        for (
          const source of [() => borrowing(bytes, pieceBytes), () => chunked(bytes, pieceBytes)]
        ) {
          assertEquals(await drain(stage(source())), bytes);
          assertEquals((await readFrugally(stage(source()))).bytes, bytes);
        }
      }),
      { numRuns: 15 },
    );
  });

  Deno.test(`${name} reads into the memory of its reader`, async () => {
    const { isReused } = await readFrugally(stage(borrowing(sampleBytes(1000), 100)));
    assert(isReused);
  });
}

Deno.test("withoutStart() leaves out as much as it is told to, of both kinds of streams", async () => {
  const bytes = sampleBytes(1000);
  for (const count of [0, 1, 99, 100, 101, 555, 999, 1000, 2000]) {
    assertEquals(await drain(withoutStart(borrowing(bytes, 100), count)), bytes.subarray(count));
    assertEquals(await drain(withoutStart(chunked(bytes, 100), count)), bytes.subarray(count));
  }
});

Deno.test("byteStream() does not give away memory that is its source's own", async () => {
  const own = sampleBytes(100);
  let reads = 0;
  const stream = byteStream({
    read: () =>
      Promise.resolve({ done: ++reads > 3, value: own } as ReadableStreamReadResult<Uint8Array>),
    cancel: () => Promise.resolve(),
  });
  assertEquals((await readFrugally(stream)).bytes, concat([own, own, own]));
  assertEquals(own, sampleBytes(100));
});

Deno.test("lookOn() tells of bytes, of the end and of nothing behind it", async () => {
  for (const source of [borrowing(sampleBytes(250), 100), chunked(sampleBytes(250), 100)]) {
    const seen: unknown[] = [];
    await drain(lookOn(source, {
      open: () => Promise.resolve(void seen.push("open")),
      see: ({ length }) => void seen.push(length),
      end: () => void seen.push("end"),
      abort: () => void seen.push("abort"),
    }));
    assertEquals(seen, ["open", 100, 100, 50, "end"]);
  }
});

Deno.test("a signal ends a stream that borrows, and gives its source back", async () => {
  const controller = new AbortController();
  let cancelled: unknown;
  const stalled = byteStream({
    read: () => new Promise(() => {}),
    cancel: (reason) => Promise.resolve(void (cancelled = reason)),
  });
  const reading = new FrugalReader(abortable(stalled, controller.signal)).read();
  controller.abort("enough");
  assertEquals(await reading.catch((reason) => reason), "enough");
  assertEquals(cancelled, "enough");
});

Deno.test("lazyBytes() opens nothing when it is cancelled before, and passes cancels on", async () => {
  let isOpened = false;
  await lazyBytes(() => Promise.reject(isOpened = true)).cancel();
  assertEquals(isOpened, false);
  const source = endless(sampleBytes(10));
  const reader = new FrugalReader(lazyBytes(() => Promise.resolve(source.stream)));
  await reader.read();
  await reader.cancel("enough");
  assertEquals(source.cancels(), ["enough"]);
});

Deno.test("a failure reaches who lends memory as it is", async () => {
  const error = new Error("the disk is gone");
  const reader = new FrugalReader(lookOn(failing(error, sampleBytes(10)), { see() {} }));
  await reader.read();
  assertEquals(await assertRejects(() => reader.read()), error);
});
