import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { abortable } from "../../lib/stream/abortable.ts";
import { toBlocks } from "../../lib/stream/blocks.ts";
import { compress } from "../../lib/stream/compress.ts";
import { decompress } from "../../lib/stream/decompress.ts";
import { lazy } from "../../lib/stream/lazy.ts";
import { limit } from "../../lib/stream/limit.ts";
import { measure } from "../../lib/stream/measure.ts";
import { verify } from "../../lib/stream/verify.ts";
import { endless, failing, failureOf, sampleBytes, stalled } from "./sources.ts";

type Stage = (source: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

const NEVER = new AbortController().signal;
const EXPECTED = { size: Infinity, digest: `sha256:${"0".repeat(64)}` } as const;
const MIB = 1024 ** 2;

const STAGES: { name: string; stage: Stage; readsAhead?: boolean }[] = [
  { name: "abortable()", stage: (source) => abortable(source, NEVER) },
  { name: "lazy()", stage: (source) => lazy(() => Promise.resolve(source)) },
  { name: "limit()", stage: (source) => limit(source, Infinity, "content") },
  { name: "measure()", stage: (source) => measure(source).stream },
  { name: "toBlocks()", stage: (source) => toBlocks(source, 1000) },
  { name: "verify()", stage: (source) => verify(source, EXPECTED) },
  { name: "decompress() of plain bytes", stage: (source) => decompress(source) },
  { name: "compress() to none", stage: (source) => compress(source, { compression: "none" }) },
  {
    name: "compress() to gzip on this thread",
    stage: (source) => compress(source, { workers: 0 }),
  },
  { name: "compress() to gzip by workers", stage: (source) => compress(source, { workers: 2 }) },
  {
    name: "compress() to zstd by workers",
    stage: (source) => compress(source, { compression: "zstd", workers: 2 }),
  },
  { name: "compress() by the web engine", stage: (source) => compress(source, { engine: "web" }) },
];

const CHUNK = sampleBytes(256 * 1024);

for (const { name, stage } of STAGES) {
  Deno.test(`${name} fails with the source's own error`, async () => {
    const error = new Error("the disk is gone");
    const chunks = Array.from({ length: 12 }, () => CHUNK);
    assertStrictEquals(await failureOf(stage(failing(error, ...chunks))), error);
  });

  Deno.test(`${name} passes a cancel to the source in the middle`, async () => {
    const source = endless(CHUNK);
    const reader = stage(source.stream).getReader();
    assert(!(await reader.read()).done);
    await reader.cancel("enough");
    assertEquals(source.cancels(), ["enough"]);
  });

  Deno.test(`${name} passes a cancel to a source that stalls`, async () => {
    const source = stalled();
    const reader = stage(source.stream).getReader();
    const reading = reader.read();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await reader.cancel("enough");
    assertEquals(source.cancels(), ["enough"]);
    assert((await reading).done);
  });

  Deno.test(`${name} waits for its reader`, async () => {
    const source = endless(CHUNK);
    const reader = stage(source.stream).getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const most = 64 * MIB / CHUNK.length;
    assert(source.pulls() <= most, `${source.pulls()} pulls`);
    const before = source.pulls();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals(source.pulls(), before);
    await reader.cancel();
  });
}

const LAZY = STAGES.filter(({ name }) => !name.includes("web engine"));

for (const { name, stage } of LAZY) {
  Deno.test(`${name} reads nothing before the first pull`, async () => {
    const source = endless(CHUNK);
    const stream = stage(source.stream);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals(source.pulls(), 0);
    await stream.cancel();
  });
}
