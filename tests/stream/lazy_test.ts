import { assertEquals, assertStrictEquals } from "@std/assert";
import { lazy } from "../../lib/stream/lazy.ts";
import { drain, failureOf, sampleBytes, streamOf } from "./sources.ts";

Deno.test("lazy() opens on the first pull, once", async () => {
  let opened = 0;
  const stream = lazy(() => {
    opened++;
    return Promise.resolve(streamOf(sampleBytes(3), sampleBytes(4)));
  });
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(opened, 0);
  assertEquals((await drain(stream)).length, 7);
  assertEquals(opened, 1);
});

Deno.test("lazy() opens nothing when it is cancelled first", async () => {
  await lazy(() => Promise.reject(new Error("opened"))).cancel();
});

Deno.test("lazy() fails with what the opening threw", async () => {
  const error = new Error("no such file");
  assertStrictEquals(await failureOf(lazy(() => Promise.reject(error))), error);
});

Deno.test("lazy() closes what was being opened when it is cancelled", async () => {
  const cancels: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<ReadableStream<Uint8Array>>();
  const reader = lazy(() => promise).getReader();
  const reading = reader.read();
  await Promise.resolve();
  const cancelling = reader.cancel("enough");
  resolve(new ReadableStream({ cancel: (reason) => void cancels.push(reason) }));
  await cancelling;
  assertEquals([cancels, (await reading).done], [["enough"], true]);
});
