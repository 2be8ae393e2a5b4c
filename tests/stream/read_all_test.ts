import { assertEquals, assertRejects } from "@std/assert";
import { LimitExceededError } from "../../lib/errors.ts";
import { readAll } from "../../lib/stream/read_all.ts";
import { chunked, endless, failing, sampleBytes, stalled, streamOf } from "./sources.ts";

const BYTES = sampleBytes(1000);

Deno.test("readAll() joins all chunks in order", async () => {
  for (const size of [1, 7, 999, 1000]) {
    const bytes = await readAll(chunked(BYTES, size), { maxBytes: 1000, what: "config" });
    assertEquals(bytes, BYTES);
  }
});

Deno.test("readAll() of nothing is empty", async () => {
  assertEquals((await readAll(streamOf(), { maxBytes: 0, what: "config" })).length, 0);
});

Deno.test("readAll() refuses more than the limit and cancels the source", async () => {
  const source = endless(BYTES);
  await assertRejects(
    () => readAll(source.stream, { maxBytes: 2500, what: "config" }),
    LimitExceededError,
    "config",
  );
  assertEquals(source.pulls(), 3);
  assertEquals(source.cancels().length, 1);
});

Deno.test("readAll() rejects with the source's own error", async () => {
  const error = new Error("the disk is gone");
  const source = failing(error, BYTES);
  assertEquals(
    await readAll(source, { maxBytes: 9999, what: "config" }).catch((reason) => reason),
    error,
  );
});

Deno.test("readAll() ends a wait by its signal and cancels the source", async () => {
  const source = stalled();
  const controller = new AbortController();
  const reading = readAll(source.stream, {
    maxBytes: 1,
    what: "config",
    signal: controller.signal,
  });
  setTimeout(() => controller.abort("enough"), 5);
  assertEquals(await reading.catch((reason) => reason), "enough");
  assertEquals(source.cancels(), ["enough"]);
});

Deno.test("readAll() reads nothing when its signal has ended already", async () => {
  const source = endless(BYTES);
  const signal = AbortSignal.abort("before");
  const reading = readAll(source.stream, { maxBytes: 1, what: "config", signal });
  assertEquals(await reading.catch((reason) => reason), "before");
  assertEquals([source.pulls(), source.cancels()], [0, ["before"]]);
});
