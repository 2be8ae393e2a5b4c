import { assert, assertEquals, assertThrows } from "@std/assert";
import { DocumentError, LimitExceededError, UnsupportedError } from "../../lib/errors.ts";
import type { JsonPath } from "../../lib/oci/json.ts";
import { MAX_LIST_ITEMS, MAX_MANIFEST_BYTES } from "../../lib/oci/limits.ts";
import { parseManifest } from "../../lib/oci/manifest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { changed, digestOf, encode, MANIFEST_TEXT } from "./documents.ts";

const { ociManifest, ociIndex, dockerManifest, dockerSchema1, dockerSchema1Signed } = MEDIA_TYPE;

Deno.test("parseManifest() gives what the document says", () => {
  assertEquals(parseManifest(encode(MANIFEST_TEXT), ociManifest), {
    schemaVersion: 2,
    mediaType: ociManifest,
    config: { mediaType: MEDIA_TYPE.ociConfig, digest: digestOf("a"), size: 7 },
    layers: [{ mediaType: MEDIA_TYPE.ociLayerGzip, digest: digestOf("b"), size: 8 }],
  });
});

Deno.test("parseManifest() gives an artifact's type, subject and annotations", () => {
  const subject = { mediaType: ociManifest, digest: digestOf("e"), size: 3 };
  const bytes = encode(JSON.stringify({
    ...JSON.parse(MANIFEST_TEXT),
    artifactType: "application/example",
    subject,
    annotations: { "": "empty", __proto: "x" },
  }));
  const manifest = parseManifest(bytes);
  assertEquals(manifest.artifactType, "application/example");
  assertEquals(manifest.subject, subject);
  assertEquals(manifest.annotations, { "": "empty", __proto: "x" });
});

Deno.test.each<{ why: string; path: JsonPath; value: unknown }>([
  { why: "no media type", path: ["mediaType"], value: undefined },
  { why: "a null media type", path: ["mediaType"], value: null },
  { why: "null annotations", path: ["annotations"], value: null },
  { why: "a null subject", path: ["subject"], value: null },
  { why: "null manifests", path: ["manifests"], value: null },
  { why: "no layers", path: ["layers"], value: [] },
  { why: "null layers, as Go writes none", path: ["layers"], value: null },
  { why: "unknown members", path: ["x"], value: { layers: 5 } },
  { why: "an unknown layer type", path: ["layers", 0, "mediaType"], value: "image/gif" },
  { why: "a layer of no bytes", path: ["layers", 0, "size"], value: 0 },
  { why: "a layer of 2^53 - 1 bytes", path: ["layers", 0, "size"], value: 2 ** 53 - 1 },
  { why: "a sha512 digest", path: ["config", "digest"], value: `sha512:${"0".repeat(128)}` },
])("parseManifest() takes $why", ({ path, value }) => {
  assert(parseManifest(changed(MANIFEST_TEXT, path, value)).layers.length <= 1);
});

Deno.test("parseManifest() ignores the parameters of a Content-Type", () => {
  parseManifest(encode(MANIFEST_TEXT), `${ociManifest}; charset=utf-8`);
});

Deno.test("parseManifest() takes Docker's schema 2", () => {
  const bytes = changed(MANIFEST_TEXT, ["mediaType"], dockerManifest);
  assertEquals(parseManifest(bytes, dockerManifest).mediaType, dockerManifest);
});

Deno.test.each<{ why: string; path: JsonPath; value: unknown; says: string }>([
  { why: "layers and manifests", path: ["manifests"], value: [], says: "at $.manifests" },
  { why: "layers and fsLayers", path: ["fsLayers"], value: [], says: "at $.fsLayers" },
  { why: "Manifests", path: ["Manifests"], value: [], says: '"manifests" at $, got "Manifests"' },
  { why: "LAYERS", path: ["LAYERS"], value: [], says: '"layers" at $, got "LAYERS"' },
  { why: "layerſ, which Go reads as layers", path: ["layerſ"], value: [], says: '"layers"' },
  { why: "an index's type", path: ["mediaType"], value: ociIndex, says: "image manifest" },
  { why: "a type of its own", path: ["mediaType"], value: "text/html", says: "at $.mediaType" },
  { why: "a type that is no text", path: ["mediaType"], value: 1, says: "a string" },
  { why: "version 3", path: ["schemaVersion"], value: 3, says: "expected 2 at $.schemaVersion" },
  { why: "version 2.5", path: ["schemaVersion"], value: 2.5, says: "$.schemaVersion" },
  { why: 'version "2"', path: ["schemaVersion"], value: "2", says: "$.schemaVersion" },
  { why: "no version", path: ["schemaVersion"], value: undefined, says: "got nothing" },
  { why: "no config", path: ["config"], value: undefined, says: "an object at $.config" },
  { why: "a null config", path: ["config"], value: null, says: "an object at $.config" },
  { why: "a config that is an array", path: ["config"], value: [], says: "got an array" },
  { why: "no layers member", path: ["layers"], value: undefined, says: "an array at $.layers" },
  { why: "layers by name", path: ["layers"], value: {}, says: "an array at $.layers" },
  { why: "a null layer", path: ["layers", 0], value: null, says: "an object at $.layers[0]" },
  { why: "no size", path: ["layers", 0, "size"], value: undefined, says: "$.layers[0].size" },
  { why: "size -1", path: ["layers", 0, "size"], value: -1, says: "got -1" },
  { why: "size 1.5", path: ["layers", 0, "size"], value: 1.5, says: "a whole number" },
  { why: "size 2^53", path: ["layers", 0, "size"], value: 2 ** 53, says: "2^53 - 1" },
  { why: "size 2^63", path: ["layers", 0, "size"], value: 2 ** 63, says: "2^53 - 1" },
  { why: "size as text", path: ["layers", 0, "size"], value: "8", says: 'got "8"' },
  { why: "no layer type", path: ["layers", 0, "mediaType"], value: null, says: "a string" },
  { why: "a number as annotation", path: ["annotations"], value: { a: 1 }, says: "annotations.a" },
  { why: "a null annotation", path: ["annotations"], value: { a: null }, says: "annotations.a" },
  { why: "a list of annotations", path: ["annotations"], value: ["a"], says: "an object" },
  { why: "urls as text", path: ["layers", 0, "urls"], value: "http://a", says: "an array" },
  { why: "Digest", path: ["layers", 0, "Digest"], value: digestOf("f"), says: 'got "Digest"' },
  { why: "SIZE", path: ["config", "SIZE"], value: 1, says: 'the name "size" at $.config' },
  { why: "a bad subject", path: ["subject"], value: {}, says: "at $.subject.size" },
])("parseManifest() refuses $why", ({ path, value, says }) => {
  const bytes = changed(MANIFEST_TEXT, path, value);
  const { message } = assertThrows(() => parseManifest(bytes), DocumentError, says);
  assert(message.startsWith("Cannot read manifest: expected "), message);
});

Deno.test.each([
  "",
  "sha256:",
  "sha256:../../etc/passwd",
  `sha256:${"a".repeat(63)}`,
  `sha256:${"a".repeat(65)}`,
  `sha256:${"A".repeat(64)}`,
  `SHA256:${"a".repeat(64)}`,
  `sha512:${"a".repeat(64)}`,
  `md5:${"a".repeat(32)}`,
  `blake3:${"a".repeat(64)}`,
  `sha256/../x:${"a".repeat(64)}`,
  `sha256:${"a".repeat(64)}\n`,
  `sha256:${"a".repeat(64)}?x`,
  "a".repeat(64),
])("parseManifest() refuses the digest %j", (digest) => {
  for (const path of [["config", "digest"], ["layers", 0, "digest"]]) {
    const bytes = changed(MANIFEST_TEXT, path, digest);
    assertThrows(() => parseManifest(bytes), DocumentError, '"sha256:" and 64');
  }
});

Deno.test.each([
  { announced: ociIndex, why: "an index" },
  { announced: dockerManifest, why: "Docker's" },
  { announced: "application/json", why: "any JSON" },
  { announced: "", why: "nothing" },
])("parseManifest() refuses an OCI manifest announced as $why", ({ announced }) => {
  assertThrows(() => parseManifest(encode(MANIFEST_TEXT), announced), DocumentError, "announced");
});

Deno.test("parseManifest() refuses an index that does not say what it is", () => {
  const bytes = encode('{"schemaVersion":2,"manifests":[]}');
  assertThrows(() => parseManifest(bytes), DocumentError, "at $.manifests");
});

Deno.test.each([
  { why: "its version", text: '{"schemaVersion":1,"fsLayers":[]}', announced: undefined },
  { why: "its type", text: "{}", announced: dockerSchema1 },
  { why: "its signed type", text: "{}", announced: dockerSchema1Signed },
  { why: "its own word", text: `{"mediaType":"${dockerSchema1}"}`, announced: undefined },
])("parseManifest() knows a schema 1 manifest by $why and says what to do", (
  { text, announced },
) => {
  const error = assertThrows(
    () => parseManifest(encode(text), announced),
    UnsupportedError,
    "push it again with a current Docker",
  );
  assertEquals(error.code, "ERR_UNSUPPORTED");
});

Deno.test("parseManifest() says which document and where, in one line", () => {
  const bytes = changed(MANIFEST_TEXT, ["layers", 0, "digest"], "x".repeat(10_000));
  const { message } = assertThrows(() => parseManifest(bytes), DocumentError);
  assert(message.length < 300 && !message.includes("\n"), message);
});

Deno.test("parseManifest() reads up to MAX_MANIFEST_BYTES, and not a byte more", () => {
  const size = MAX_MANIFEST_BYTES;
  parseManifest(encode(MANIFEST_TEXT.padEnd(size)));
  const error = assertThrows(
    () => parseManifest(encode(MANIFEST_TEXT.padEnd(size + 1))),
    LimitExceededError,
  );
  assertEquals(error.limit, size);
});

Deno.test("parseManifest() reads up to MAX_LIST_ITEMS layers, and no more", () => {
  const layer = { mediaType: "a", digest: digestOf("0"), size: 1 };
  const withLayers = (count: number) =>
    changed(MANIFEST_TEXT, ["layers"], Array.from({ length: count }, () => layer));
  assertEquals(parseManifest(withLayers(MAX_LIST_ITEMS)).layers.length, MAX_LIST_ITEMS);
  assertThrows(() => parseManifest(withLayers(MAX_LIST_ITEMS + 1)), LimitExceededError, "10000");
});

Deno.test.each(["null", "[]", "1", '"x"', "{}", "", "{", "<html>"])(
  "parseManifest() refuses %s",
  (text) => {
    assertThrows(() => parseManifest(encode(text)), DocumentError, "Cannot read manifest");
  },
);

Deno.test({
  name: "documents ask for no permission",
  permissions: "none",
  fn() {
    assertEquals(parseManifest(encode(MANIFEST_TEXT)).layers.length, 1);
  },
});
