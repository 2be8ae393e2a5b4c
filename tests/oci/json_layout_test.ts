import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DocumentError } from "../../lib/errors.ts";
import { compactJson, indentJson } from "../../lib/oci/json_layout.ts";

Deno.test("indentJson() lays out every kind of value and changes no token", () => {
  const text = '{"a":1.0,"b":[],"c":{},"d":[1e400,{"e":"\\u00e9 :,{"}],"f":null}';
  assertEquals(
    indentJson(text),
    `{
  "a": 1.0,
  "b": [],
  "c": {},
  "d": [
    1e400,
    {
      "e": "\\u00e9 :,{"
    }
  ],
  "f": null
}
`,
  );
});

Deno.test("compactJson() takes back what indentJson() added", () => {
  fc.assert(fc.property(fc.json(), (json) => {
    const compact = compactJson(json);
    assertEquals(JSON.parse(compact), JSON.parse(json));
    assertEquals(compactJson(indentJson(compact)), compact);
    assertEquals(indentJson(compact), `${JSON.stringify(JSON.parse(compact), null, 2)}\n`);
  }));
});

Deno.test("indentJson() refuses what is no JSON", () => {
  assertThrows(() => indentJson("{"), DocumentError);
});
