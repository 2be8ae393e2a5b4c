import { assertEquals, assertThrows } from "@std/assert";
import { DocumentError } from "../../lib/errors.ts";
import { appendJson, type JsonPath, removeJson, setJson } from "../../lib/oci/json.ts";

const PRETTY = `{
   "schemaVersion": 2,
   "unknown": {"b": 1e400, "a": -0, "c": 9007199254740993},
   "config": {
      "size": 1.0
   },
   "layers": [
      {
         "size": 7
      }
   ],
   "empty": [],
   "nothing": null
}
`;

Deno.test.each<{ text: string; path: JsonPath; value: unknown; expected: string }>([
  { text: "{}", path: ["a"], value: 1, expected: '{"a":1}' },
  { text: "{ }", path: ["a"], value: 1, expected: '{"a":1}' },
  { text: "1", path: [], value: { a: 1 }, expected: '{"a":1}' },
  { text: " null\n", path: ["a", "b"], value: 1, expected: ' {"a":{"b":1}}\n' },
  { text: '{"a":1}', path: ["a"], value: null, expected: '{"a":null}' },
  { text: '{"a":1}', path: ["b", "c"], value: [], expected: '{"a":1,"b":{"c":[]}}' },
  { text: '{"a":null}', path: ["a", "b"], value: 1, expected: '{"a":{"b":1}}' },
  { text: '{"a":[1.0]}', path: ["a", 0], value: 2, expected: '{"a":[2]}' },
  { text: '{"a":[1.0]}', path: ["a", 1], value: 2, expected: '{"a":[1.0,2]}' },
  { text: "{}", path: ["a", 0, "b"], value: 2, expected: '{"a":[{"b":2}]}' },
  { text: '{"a": 1, "b": 2}', path: ["c"], value: 3, expected: '{"a": 1, "b": 2, "c": 3}' },
  { text: '{"a": [1, 2]}', path: ["a", 2], value: 3, expected: '{"a": [1, 2, 3]}' },
  { text: '{"x": 1.0}', path: ["y"], value: 2, expected: '{"x": 1.0, "y": 2}' },
  { text: '{ "a": 1 }', path: ["b"], value: 2, expected: '{ "a": 1, "b": 2 }' },
  { text: '{"a\\u0062":1}', path: ["ab"], value: 2, expected: '{"a\\u0062":2}' },
  { text: '{"os.version":1}', path: ["os.version"], value: 2, expected: '{"os.version":2}' },
  { text: "{}", path: ["__proto__", "x"], value: 1, expected: '{"__proto__":{"x":1}}' },
  { text: "{}", path: ["constructor"], value: 1, expected: '{"constructor":1}' },
  { text: "{}", path: ["a"], value: '"<&\u2028é', expected: '{"a":"\\"<&\u2028é"}' },
])("setJson() of $path in $text", ({ text, path, value, expected }) => {
  assertEquals(setJson(text, path, value), expected);
});

Deno.test.each<{ text: string; path: JsonPath; expected: string }>([
  { text: '{"a":1,"b":1e400}', path: ["a"], expected: '{"b":1e400}' },
  { text: '{"a":1,"b":1.0}', path: ["b"], expected: '{"a":1}' },
  { text: '{"a": 1}', path: ["a"], expected: "{}" },
  { text: "[1, 2.0, 3]", path: [1], expected: "[1, 3]" },
  { text: "[1, 2.0, 3]", path: [2], expected: "[1, 2.0]" },
  { text: '{"a":{"b":1}}', path: ["a", "b"], expected: '{"a":{}}' },
  { text: '{"a":{"b":1}}', path: ["a", "x"], expected: '{"a":{"b":1}}' },
  { text: '{"a":[1]}', path: ["a", "0"], expected: '{"a":[1]}' },
  { text: '{"a":1}', path: ["a", "b", "c"], expected: '{"a":1}' },
  { text: "null", path: ["a"], expected: "null" },
])("removeJson() of $path in $text", ({ text, path, expected }) => {
  assertEquals(removeJson(text, path), expected);
});

Deno.test.each<{ text: string; path: JsonPath; values: unknown[]; expected: string }>([
  { text: "[]", path: [], values: [1, "a"], expected: '[1,"a"]' },
  { text: "[1.0]", path: [], values: [{ a: 1 }], expected: '[1.0,{"a":1}]' },
  { text: "{}", path: ["a", "b"], values: [1, 2], expected: '{"a":{"b":[1,2]}}' },
  { text: '{"a":null}', path: ["a"], values: [1], expected: '{"a":[1]}' },
  { text: '{"a": null}', path: ["a"], values: [], expected: '{"a": null}' },
])("appendJson() to $path in $text", ({ text, path, values, expected }) => {
  assertEquals(appendJson(text, path, ...values), expected);
});

Deno.test("setJson() changes one value of a laid-out document and no other byte", () => {
  assertEquals(
    setJson(PRETTY, ["config", "size"], 12),
    PRETTY.replace('"size": 1.0', '"size": 12'),
  );
});

Deno.test("setJson() lays out what it adds as the document is laid out", () => {
  assertEquals(
    setJson(PRETTY, ["config", "annotations"], { key: "value" }),
    PRETTY.replace(
      '"size": 1.0',
      '"size": 1.0,\n      "annotations": {\n         "key": "value"\n      }',
    ),
  );
  assertEquals(
    setJson(PRETTY, ["nothing", "Labels", "a"], "b"),
    PRETTY.replace(
      '"nothing": null',
      '"nothing": {\n      "Labels": {\n         "a": "b"\n      }\n   }',
    ),
  );
});

Deno.test("appendJson() fills and extends arrays as the document is laid out", () => {
  assertEquals(
    appendJson(PRETTY, ["layers"], { size: 8 }, { size: 9 }),
    PRETTY.replace(
      '"size": 7\n      }',
      '"size": 7\n      },\n      {\n         "size": 8\n      },\n      {\n         "size": 9\n      }',
    ),
  );
  assertEquals(
    appendJson(PRETTY, ["empty"], 1, 2),
    PRETTY.replace('"empty": []', '"empty": [\n      1,\n      2\n   ]'),
  );
});

Deno.test("removeJson() takes a whole line of a laid-out document", () => {
  assertEquals(removeJson(PRETTY, ["empty"]), PRETTY.replace('"empty": [],\n   ', ""));
  assertEquals(removeJson(PRETTY, ["nothing"]), PRETTY.replace(',\n   "nothing": null', ""));
  assertEquals(removeJson(PRETTY, ["config", "size"]).includes('"config": {}'), true);
});

Deno.test("edits keep Windows line ends and tabs", () => {
  const text = '{\r\n\t"a": {}\r\n}\r\n';
  assertEquals(
    setJson(text, ["a", "b"], [1]),
    '{\r\n\t"a": {\r\n\t\t"b": [\r\n\t\t\t1\r\n\t\t]\r\n\t}\r\n}\r\n',
  );
});

Deno.test.each<{ why: string; edit: () => string; says: string }>([
  { why: "a text that is no JSON", edit: () => setJson("{", ["a"], 1), says: "Cannot read JSON" },
  { why: "a name twice", edit: () => removeJson('{"a":1,"a":2}', ["a"]), says: "again" },
  { why: "a way through a number", edit: () => setJson('{"a":5}', ["a", "b"], 1), says: "got 5" },
  { why: "a name in an array", edit: () => setJson('{"a":[]}', ["a", "b"], 1), says: "an object" },
  { why: "a position in an object", edit: () => setJson("{}", [0], 1), says: "an array" },
  { why: "appending to an object", edit: () => appendJson("{}", [], 1), says: "an array" },
])("edits refuse $why", ({ edit, says }) => {
  assertThrows(edit, DocumentError, says);
});

Deno.test("edits refuse positions that leave a gap, and values JSON cannot hold", () => {
  assertThrows(() => setJson("[]", [1], 1), RangeError, "expected at most 0");
  assertThrows(() => setJson("[1]", [-1], 1), RangeError);
  assertThrows(() => setJson("{}", ["a", 1], 1), RangeError);
  assertThrows(() => removeJson("{}", []), RangeError);
  for (const value of [undefined, NaN, Infinity, { a: -Infinity }, 1n, () => 1]) {
    assertThrows(() => setJson("{}", ["a"], value), TypeError);
  }
});

Deno.test("setJson() leaves out members that are undefined", () => {
  assertEquals(setJson("{}", ["a"], { b: undefined, c: 1 }), '{"a":{"c":1}}');
});

Deno.test({
  name: "edits ask for no permission",
  permissions: "none",
  fn() {
    assertEquals(setJson("{}", ["a"], 1), '{"a":1}');
  },
});
