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

Deno.test("a cancel of lazy() does not wait for the opening, and closes what opens later", async () => {
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<unknown>();
  const { promise, resolve } = Promise.withResolvers<ReadableStream<Uint8Array>>();
  const reader = lazy(() => promise).getReader();
  const reading = reader.read();
  await new Promise((resolve) => setTimeout(resolve, 1));
  await reader.cancel("enough");
  assertEquals((await reading).done, true);
  resolve(new ReadableStream({ cancel }));
  assertEquals(await cancelled, "enough");
});

Deno.test("a cancel of lazy() ends the opening by its signal", async () => {
  let opening: AbortSignal | undefined;
  const reader = lazy((signal) => {
    opening = signal;
    return new Promise(() => {});
  }).getReader();
  const reading = reader.read();
  await new Promise((resolve) => setTimeout(resolve, 1));
  await reader.cancel("enough");
  await reading;
  assertEquals([opening?.aborted, opening?.reason], [true, "enough"]);
});
