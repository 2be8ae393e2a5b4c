import { assertEquals, assertInstanceOf } from "@std/assert";
import { DigestMismatchError, SizeMismatchError } from "../../lib/errors.ts";
import { type Algorithm, type Digest, digestBytes } from "../../lib/oci/digest.ts";
import { verify } from "../../lib/stream/verify.ts";
import { chunked, drain, endless, failureOf, sampleBytes, streamOf } from "./sources.ts";

const BYTES = sampleBytes(10_000);

for (const algorithm of ["sha256", "sha512"] satisfies Algorithm[]) {
  Deno.test(`verify() passes what has the promised size and ${algorithm}`, async () => {
    const expected = { digest: await digestBytes(BYTES, algorithm), size: BYTES.length };
    assertEquals(await drain(verify(chunked(BYTES, 77), expected)), BYTES);
  });
}

Deno.test("verify() passes nothing when nothing was promised", async () => {
  const expected = { digest: await digestBytes(new Uint8Array()), size: 0 };
  assertEquals((await drain(verify(streamOf(), expected))).length, 0);
});

Deno.test("verify() fails at the end when the digest is another", async () => {
  const digest: Digest = `sha256:${"0".repeat(64)}`;
  const error = await failureOf(verify(chunked(BYTES, 77), { digest, size: BYTES.length }));
  assertInstanceOf(error, DigestMismatchError);
  assertEquals([error.expected, error.actual], [digest, await digestBytes(BYTES)]);
});

Deno.test("verify() fails at the end when bytes are missing", async () => {
  const expected = { digest: await digestBytes(BYTES), size: BYTES.length + 1 };
  const error = await failureOf(verify(chunked(BYTES, 77), expected));
  assertInstanceOf(error, SizeMismatchError);
  assertEquals([error.expected, error.actual], [10_001, 10_000]);
});

Deno.test("verify() fails at the first byte too many, and cancels the source", async () => {
  const source = endless(BYTES);
  const expected = { digest: await digestBytes(BYTES), size: BYTES.length };
  const error = await failureOf(verify(source.stream, expected));
  assertInstanceOf(error, SizeMismatchError);
  assertEquals(source.pulls(), 2);
  assertEquals(source.cancels(), [error]);
});
