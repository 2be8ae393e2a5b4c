import { assert, assertEquals, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import { openGzipDecoder } from "../../lib/stream/gzip_decoder.ts";
import { startGunzipWorker } from "../../lib/stream/gunzip_worker.ts";
import { PeekableReader } from "../../lib/stream/peekable_reader.ts";
import { CompressionError } from "../../lib/errors.ts";
import { chunked, sampleBytes, streamOf } from "./sources.ts";

const CONTENT = sampleBytes(10 * 1024 ** 2);
const GZIP = new Uint8Array(gzipSync(CONTENT, { level: 1 }));
const LARGE = 64 * 1024 ** 2;

function source(): PeekableReader {
  return new PeekableReader(chunked(GZIP, 100_000));
}

async function lengthOf(decoder: { next(): Promise<Uint8Array | undefined> }): Promise<number> {
  let length = 0;
  for (let bytes; (bytes = await decoder.next()) !== undefined;) length += bytes.length;
  return length;
}

Deno.test("many bytes of gzip are decompressed in a worker, few are not", async () => {
  let started = 0;
  const start = () => (started++, startGunzipWorker());
  for (const size of [undefined, 1024 ** 2, LARGE]) {
    assertEquals(await lengthOf(await openGzipDecoder(source(), { size, start })), CONTENT.length);
  }
  assertEquals(started, navigator.hardwareConcurrency > 1 ? 1 : 0);
});

Deno.test("gzip is decompressed in this thread where no worker can start", async () => {
  const start = () => Promise.reject(new Error("no workers here"));
  const decoder = await openGzipDecoder(source(), { size: LARGE, start });
  assertEquals(await lengthOf(decoder), CONTENT.length);
});

Deno.test("a worker that ends in the middle is an error, and the next one starts", async () => {
  const worker = await startGunzipWorker();
  const start = () => Promise.resolve(worker);
  const decoder = await openGzipDecoder(source(), { size: LARGE, start });
  await decoder.next();
  await worker.terminate();
  await assertRejects(() => lengthOf(decoder), CompressionError, "its worker ended");
  let isStarted = false;
  const again = () => (isStarted = true, startGunzipWorker());
  await lengthOf(await openGzipDecoder(source(), { size: LARGE, start: again }));
  assert(isStarted || navigator.hardwareConcurrency === 1);
});

Deno.test("a worker takes zeros after gzip for many blocks, and nothing else after those", async () => {
  const zeros = new Uint8Array(3 * 1024 ** 2);
  const open = (...parts: Uint8Array[]) =>
    openGzipDecoder(new PeekableReader(streamOf(...parts)), { size: LARGE });
  assertEquals(await lengthOf(await open(GZIP, zeros)), CONTENT.length);
  for (const end of [Uint8Array.of(1), GZIP]) {
    const decoder = await open(GZIP, zeros, end);
    await assertRejects(() => lengthOf(decoder), CompressionError, "got other bytes");
  }
});
