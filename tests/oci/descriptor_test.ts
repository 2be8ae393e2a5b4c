import { assertEquals, assertThrows } from "@std/assert";
import { DocumentError } from "../../lib/errors.ts";
import { parseDescriptor } from "../../lib/oci/descriptor.ts";
import { digestOf } from "./documents.ts";

const PLAIN = { mediaType: "text/plain", digest: digestOf("0"), size: 2 };

Deno.test("parseDescriptor() gives every member that image-spec defines, and no other", () => {
  const full = {
    ...PLAIN,
    urls: ["https://example.test/a"],
    annotations: { a: "b" },
    data: "e30=",
    artifactType: "application/example",
    platform: { os: "linux", architecture: "amd64" },
  };
  assertEquals(parseDescriptor({ ...full, unknown: 1 }), full);
});

Deno.test("parseDescriptor() takes null for absent", () => {
  const nulls = { urls: null, annotations: null, data: null, artifactType: null, platform: null };
  assertEquals(parseDescriptor({ ...PLAIN, ...nulls }), PLAIN);
});

Deno.test.each([
  { why: "data that is no base64", change: { data: "!!!!" }, says: "base64" },
  { why: "data without padding", change: { data: "e30" }, says: "base64" },
  { why: "data with loose bits", change: { data: "e31=" }, says: "base64" },
  { why: "URL-safe base64", change: { data: "-_8=" }, says: "base64" },
  { why: "data of another size", change: { size: 3, data: "e30=" }, says: "base64 of 3 bytes" },
  { why: "data that is no text", change: { data: 1 }, says: "a string at $.data" },
  { why: "a negative size", change: { size: -1 }, says: "from 0 to 2^53 - 1" },
  { why: "a short digest", change: { digest: "sha256:ab" }, says: 'got "sha256:ab"' },
  { why: "a url that is no text", change: { urls: [1] }, says: "$.urls[0]" },
])("parseDescriptor() refuses $why", ({ change, says }) => {
  assertThrows(() => parseDescriptor({ ...PLAIN, ...change }), DocumentError, says);
});

Deno.test("parseDescriptor() takes embedded data of no bytes", () => {
  assertEquals(parseDescriptor({ ...PLAIN, size: 0, data: "" }).data, "");
});

Deno.test("parseDescriptor() says where the descriptor stands", () => {
  assertThrows(
    () => parseDescriptor({ ...PLAIN, size: null }, "$.manifests[3]"),
    DocumentError,
    "Cannot read descriptor: expected a whole number from 0 to 2^53 - 1 at $.manifests[3].size, " +
      "got nothing",
  );
  for (const value of [undefined, null, 1, "x", []]) {
    assertThrows(() => parseDescriptor(value), DocumentError, "an object at $");
  }
});
