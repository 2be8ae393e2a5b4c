import { assert } from "@std/assert";
import fc from "fast-check";
import { DavitError } from "../../lib/errors.ts";
import { parseConfig } from "../../lib/oci/config.ts";
import { parseIndex } from "../../lib/oci/image_index.ts";
import { type JsonPath, setJson } from "../../lib/oci/json.ts";
import { parseManifest } from "../../lib/oci/manifest.ts";
import { CONFIG_TEXT, encode, INDEX_TEXT, MANIFEST_TEXT } from "./documents.ts";

const READERS = [
  { name: "parseManifest", read: (bytes: Uint8Array) => parseManifest(bytes), text: MANIFEST_TEXT },
  { name: "parseIndex", read: (bytes: Uint8Array) => parseIndex(bytes), text: INDEX_TEXT },
  { name: "parseConfig", read: (bytes: Uint8Array) => parseConfig(bytes), text: CONFIG_TEXT },
];

function pathsOf(value: unknown, path: JsonPath = []): JsonPath[] {
  if (typeof value !== "object" || value === null) return [path];
  const steps = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [path, ...steps.flatMap((step) => pathsOf(Reflect.get(value, step), [...path, step]))];
}

/** Says whether reading gives a value or fails as documents may fail. */
function isCivil(read: () => unknown): boolean {
  try {
    return typeof read() === "object";
  } catch (error) {
    return error instanceof DavitError && error.message.length < 500;
  }
}

Deno.test.each(READERS)("$name() fails with a DavitError whatever bytes come", ({ read }) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => isCivil(() => read(bytes))));
  fc.assert(fc.property(fc.json(), (json) => isCivil(() => read(encode(json)))));
});

Deno.test.each(READERS)("$name() fails with a DavitError whatever stands in one place", (
  { read, text },
) => {
  const paths = pathsOf(JSON.parse(text));
  fc.assert(
    fc.property(
      fc.constantFrom(...paths),
      fc.jsonValue(),
      (path, value) => isCivil(() => read(encode(setJson(text, path, value)))),
    ),
    { numRuns: 1_000 },
  );
});

Deno.test.each(READERS)("$name() fails with a DavitError wherever the document ends", (
  { read, text },
) => {
  for (let length = 0; length < text.length; length++) {
    assert(isCivil(() => read(encode(text.slice(0, length)))), `cut at ${length}`);
  }
});
