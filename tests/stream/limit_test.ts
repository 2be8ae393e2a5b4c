import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { LimitExceededError } from "../../lib/errors.ts";
import { limit } from "../../lib/stream/limit.ts";
import { drain, endless, failureOf, streamOf } from "./sources.ts";

Deno.test("limit() passes as many bytes as are allowed", async () => {
  const source = streamOf(new Uint8Array(4), new Uint8Array(), new Uint8Array(6));
  assertEquals((await drain(limit(source, 10, "token"))).length, 10);
});

Deno.test("limit() fails with the name and the limit, and cancels the source", async () => {
  const source = endless(new Uint8Array(4));
  const error = await failureOf(limit(source.stream, 10, "token"));
  assertInstanceOf(error, LimitExceededError);
  assertEquals(error.limit, 10);
  assertStringIncludes(error.message, "token");
  assertEquals(source.cancels(), [error]);
  assertEquals(source.pulls(), 3);
});
