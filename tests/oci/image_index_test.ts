import { assert, assertEquals, assertThrows } from "@std/assert";
import { DocumentError, LimitExceededError, UnsupportedError } from "../../lib/errors.ts";
import { parseIndex } from "../../lib/oci/image_index.ts";
import type { JsonPath } from "../../lib/oci/json.ts";
import { MAX_LIST_ITEMS, MAX_MANIFEST_BYTES } from "../../lib/oci/limits.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { changed, digestOf, encode, INDEX_TEXT } from "./documents.ts";

const { ociIndex, ociManifest, dockerIndex, dockerSchema1 } = MEDIA_TYPE;

Deno.test("parseIndex() gives what the document says", () => {
  assertEquals(parseIndex(encode(INDEX_TEXT), ociIndex), {
    schemaVersion: 2,
    mediaType: ociIndex,
    manifests: [{
      mediaType: ociManifest,
      digest: digestOf("c"),
      size: 9,
      platform: { os: "linux", architecture: "arm", variant: "v7" },
    }],
  });
});

Deno.test.each<{ why: string; path: JsonPath; value: unknown }>([
  { why: "no media type", path: ["mediaType"], value: undefined },
  { why: "an empty list", path: ["manifests"], value: [] },
  { why: "a null list, as Go writes none", path: ["manifests"], value: null },
  { why: "an entry without platform", path: ["manifests", 0, "platform"], value: undefined },
  { why: "an entry of any type", path: ["manifests", 0, "mediaType"], value: "text/plain" },
  { why: "a subject", path: ["subject"], value: JSON.parse(INDEX_TEXT).manifests[0] },
  { why: "null layers", path: ["layers"], value: null },
])("parseIndex() takes $why", ({ path, value }) => {
  assert(parseIndex(changed(INDEX_TEXT, path, value)).manifests.length <= 1);
});

Deno.test("parseIndex() lists an entry whose platform says too little", () => {
  const bytes = changed(INDEX_TEXT, ["manifests", 0, "platform"], { os: null });
  assertEquals(parseIndex(bytes).manifests[0]?.platform, { os: "", architecture: "" });
});

Deno.test("parseIndex() reads all that a platform may say", () => {
  const platform = {
    os: "windows",
    architecture: "amd64",
    variant: "v3",
    "os.version": "10.0.17763.1",
    "os.features": ["win32k"],
    features: ["sse4"],
  };
  const bytes = changed(INDEX_TEXT, ["manifests", 0, "platform"], platform);
  assertEquals(parseIndex(bytes).manifests[0]?.platform, platform);
});

Deno.test.each<{ why: string; path: JsonPath; value: unknown; says: string }>([
  { why: "manifests and layers", path: ["layers"], value: [], says: "at $.layers" },
  { why: "manifests and config", path: ["config"], value: {}, says: "at $.config" },
  { why: "manifests and fsLayers", path: ["fsLayers"], value: [], says: "at $.fsLayers" },
  { why: "Layers", path: ["Layers"], value: [], says: '"layers" at $, got "Layers"' },
  { why: "a manifest's type", path: ["mediaType"], value: ociManifest, says: "image index" },
  { why: "no manifests", path: ["manifests"], value: undefined, says: "at $.manifests" },
  { why: "version 1.0", path: ["schemaVersion"], value: "1", says: "$.schemaVersion" },
  { why: "a null entry", path: ["manifests", 0], value: null, says: "$.manifests[0]" },
  { why: "size -1", path: ["manifests", 0, "size"], value: -1, says: "$.manifests[0].size" },
  { why: "a platform as text", path: ["manifests", 0, "platform"], value: "linux", says: "object" },
  {
    why: "an os as list",
    path: ["manifests", 0, "platform", "os"],
    value: ["linux"],
    says: "a string at $.manifests[0].platform.os",
  },
  {
    why: "an os.version as number",
    path: ["manifests", 0, "platform", "os.version"],
    value: 10,
    says: 'a string at $.manifests[0].platform["os.version"]',
  },
])("parseIndex() refuses $why", ({ path, value, says }) => {
  const bytes = changed(INDEX_TEXT, path, value);
  const { message } = assertThrows(() => parseIndex(bytes), DocumentError, says);
  assert(message.startsWith("Cannot read index: expected "), message);
});

Deno.test("parseIndex() refuses what was announced as something else", () => {
  for (const announced of [ociManifest, dockerIndex, "application/json"]) {
    assertThrows(() => parseIndex(encode(INDEX_TEXT), announced), DocumentError, "announced");
  }
  assertThrows(() => parseIndex(encode(INDEX_TEXT), dockerSchema1), UnsupportedError, "schema 1");
});

Deno.test("parseIndex() has limits of bytes and of entries", () => {
  parseIndex(encode(INDEX_TEXT.padEnd(MAX_MANIFEST_BYTES)));
  const long = encode(INDEX_TEXT.padEnd(MAX_MANIFEST_BYTES + 1));
  assertThrows(() => parseIndex(long), LimitExceededError, `${MAX_MANIFEST_BYTES}`);
  const entry = { mediaType: "a", digest: digestOf("0"), size: 1 };
  const entries = Array.from({ length: MAX_LIST_ITEMS + 1 }, () => entry);
  const many = changed(INDEX_TEXT, ["manifests"], entries);
  assertThrows(() => parseIndex(many), LimitExceededError, `${MAX_LIST_ITEMS}`);
});
