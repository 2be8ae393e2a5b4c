import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DigestMismatchError } from "../../lib/errors.ts";
import {
  algorithmOf,
  digestBytes,
  hexOf,
  isDigest,
  parseDigest,
  verifyBytes,
} from "../../lib/oci/digest.ts";

const EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Deno.test.each([
  { text: `sha256:${"0".repeat(64)}`, algorithm: "sha256" },
  { text: `sha512:${"f".repeat(128)}`, algorithm: "sha512" },
])("parseDigest() takes $algorithm and its parts are at hand", ({ text, algorithm }) => {
  const digest = parseDigest(text);
  assertEquals<string>(algorithmOf(digest), algorithm);
  assertEquals(`${algorithmOf(digest)}:${hexOf(digest)}`, text);
});

Deno.test.each([
  { why: "a short one", text: "sha256:ab" },
  { why: "one that is not hex", text: `sha256:${"g".repeat(64)}` },
  { why: "upper case", text: `sha256:${"A".repeat(64)}` },
  { why: "a colon at the end", text: `sha256:${"a".repeat(64)}:` },
  { why: "two colons", text: `sha256::${"a".repeat(64)}` },
  { why: "another algorithm", text: `md5:${"a".repeat(32)}` },
  { why: "no algorithm", text: "a".repeat(64) },
  { why: "a line break", text: `sha256:${"a".repeat(64)}\n` },
  { why: "a path", text: "sha256:../../x" },
  { why: "lengths of two algorithms", text: `sha512:${"a".repeat(64)}` },
])("parseDigest() refuses $why", ({ text }) => {
  assertEquals(isDigest(text), false);
  assertThrows(() => parseDigest(text), SyntaxError, "Cannot parse digest");
});

Deno.test({
  name: "digestBytes() and verifyBytes() agree, and ask for no permission",
  permissions: "none",
  async fn() {
    const bytes = new Uint8Array();
    assertEquals(await digestBytes(bytes), EMPTY);
    assertEquals(await verifyBytes(bytes, EMPTY), bytes);
    const sha512 = await digestBytes(Uint8Array.of(1), "sha512");
    assertEquals(hexOf(sha512).length, 128);
    await verifyBytes(Uint8Array.of(1), sha512);
    const error = await assertRejects(
      () => verifyBytes(Uint8Array.of(0), EMPTY),
      DigestMismatchError,
    );
    assertEquals(error.expected, EMPTY);
  },
});
