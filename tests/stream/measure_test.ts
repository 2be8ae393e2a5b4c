import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { digestBytes } from "../../lib/oci/digest.ts";
import { measure } from "../../lib/stream/measure.ts";
import { chunked, drain, endless, failing, failureOf, sampleBytes, streamOf } from "./sources.ts";

const BYTES = sampleBytes(10_000);

Deno.test("measure() passes the bytes on and tells digest and size at the end", async () => {
  const { stream, done } = measure(chunked(BYTES, 999));
  assertEquals(await drain(stream), BYTES);
  assertEquals(await done, { digest: await digestBytes(BYTES), size: 10_000 });
});

Deno.test("measure() tells the digest of nothing", async () => {
  const { stream, done } = measure(streamOf());
  await drain(stream);
  assertEquals(await done, { digest: await digestBytes(new Uint8Array()), size: 0 });
});

Deno.test("measure() takes another algorithm", async () => {
  const { stream, done } = measure(streamOf(BYTES), { algorithm: "sha512" });
  await drain(stream);
  assertEquals((await done).digest, await digestBytes(BYTES, "sha512"));
});

Deno.test("measure() tells the source's error instead of half a digest", async () => {
  const error = new Error("the disk is gone");
  const { stream, done } = measure(failing(error, BYTES));
  assertStrictEquals(await failureOf(stream), error);
  assertStrictEquals(await done.catch((reason) => reason), error);
});

Deno.test("measure() tells the reason of a cancel, also before the first pull", async () => {
  for (const reads of [0, 1, 3]) {
    const { stream, done } = measure(endless(BYTES).stream);
    const reader = stream.getReader();
    for (let read = 0; read < reads; read++) await reader.read();
    await reader.cancel("enough");
    assertEquals(await done.catch((reason) => reason), "enough");
  }
});

Deno.test("measure() names a cancel without a reason", async () => {
  const { stream, done } = measure(endless(BYTES).stream);
  await stream.cancel();
  assertInstanceOf(await done.catch((reason) => reason), DOMException);
});

Deno.test("measure() needs nobody to look at its result", async () => {
  const failed = measure(failing(new Error("the disk is gone")));
  await assertRejects(() => drain(failed.stream));
  await measure(endless(BYTES).stream).stream.cancel();
  await new Promise((resolve) => setTimeout(resolve, 5));
});
