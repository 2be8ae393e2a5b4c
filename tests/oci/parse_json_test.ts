import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DocumentError } from "../../lib/errors.ts";
import { parseJson } from "../../lib/oci/json.ts";
import { MAX_JSON_DEPTH } from "../../lib/oci/limits.ts";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test.each([
  { why: "a name given twice", text: '{"a":1,"b":2,"a":3}', says: 'got "a" again' },
  { why: "a name given twice by an escape", text: '{"a":1,"\\u0061":3}', says: 'got "a" again' },
  { why: "a name given twice, deep", text: '[{"x":{"a":1,"a":1}}]', says: "(in $[0].x)" },
  { why: "__proto__ given twice", text: '{"__proto__":1,"__proto__":2}', says: "again" },
  { why: "data after the document", text: "{}{}", says: "expected nothing after the document" },
  { why: "a byte order mark", text: "\uFEFF{}", says: "expected no byte order mark" },
  { why: "an empty document", text: "", says: "got the end of the document" },
  { why: "white space alone", text: " \n", says: "line 2, column 1" },
  { why: "a trailing comma", text: "[1,]", says: 'expected a JSON value, got "]"' },
  { why: "a trailing comma in an object", text: '{"a":1,}', says: "a name in double quotes" },
  { why: "a missing comma", text: '{"a":1 "b":2}', says: 'expected "," or "}"' },
  { why: "a missing bracket", text: '{"a":[1}', says: 'expected "," or "]", got "}"' },
  { why: "a missing colon", text: '{"a" 1}', says: 'expected ":"' },
  { why: "single quotes", text: "{'a':1}", says: "a name in double quotes" },
  { why: "a comment", text: "{/**/}", says: "a name in double quotes" },
  { why: "an open string", text: '"abc', says: "expected a closing quote" },
  { why: "a line break in a string", text: '{"a":"b\nc"}', says: "line 1, column 8 (in $.a)" },
  { why: "an unknown escape", text: '"\\x41"', says: "an escape sequence that JSON has" },
  { why: "a short escape", text: '"\\u12"', says: "an escape sequence that JSON has" },
  { why: "a leading zero", text: "01", says: "nothing after" },
  { why: "a leading plus", text: "+1", says: "a JSON value" },
  { why: "a bare dot", text: "[1.]", says: 'expected "," or "]"' },
  { why: "NaN", text: "NaN", says: "a JSON value" },
  { why: "a NUL", text: "\0", says: "a JSON value" },
  { why: "a no-break space", text: "\u00A0{}", says: "a JSON value" },
  { why: "UTF-16 without a mark", text: "{\0}\0", says: "a name in double quotes" },
  { why: "half a surrogate pair", text: '"\uD800"', says: "half a surrogate pair" },
])("parseJson() refuses $why", ({ text, says }) => {
  assertThrows(() => parseJson(text, "manifest"), DocumentError, "Cannot read manifest: ");
  assertThrows(() => parseJson(text), DocumentError, says);
});

Deno.test.each([
  { why: "bytes that are no UTF-8", input: Uint8Array.of(0x22, 0xff, 0x22) },
  { why: "an overlong form", input: Uint8Array.of(0x22, 0xc0, 0xaf, 0x22) },
  { why: "UTF-16 with its mark", input: Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0) },
  { why: "a surrogate in UTF-8", input: Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22) },
])("parseJson() refuses $why", ({ input }) => {
  assertThrows(() => parseJson(input), DocumentError, "expected UTF-8");
});

Deno.test("parseJson() refuses a byte order mark in bytes", () => {
  assertThrows(() => parseJson(bytes("\uFEFF{}")), DocumentError, "no byte order mark");
});

Deno.test("parseJson() says where: line, column and path", () => {
  const text = '{\n  "layers": [\n    {"size": 1},\n    {"size": ?}\n  ]\n}';
  assertThrows(
    () => parseJson(text, "manifest"),
    DocumentError,
    'Cannot read manifest: expected a JSON value, got "?" at line 4, column 14 (in $.layers[1].size)',
  );
});

Deno.test("parseJson() limits nesting, of objects and of arrays", () => {
  const nest = (open: string, close: string, depth: number) =>
    open.repeat(depth) + "1" + close.repeat(depth);
  parseJson(nest("[", "]", MAX_JSON_DEPTH));
  parseJson(nest('{"a":', "}", MAX_JSON_DEPTH));
  for (const depth of [MAX_JSON_DEPTH + 1, 10_000, 1_000_000]) {
    assertThrows(() => parseJson("[".repeat(depth)), DocumentError, "100 levels");
    assertThrows(() => parseJson(nest('{"a":', "}", depth)), DocumentError, "100 levels");
  }
});

Deno.test("parseJson() keeps a member called __proto__ a plain member", () => {
  const value = parseJson('{"__proto__":{"evil":true}}');
  assertEquals(Object.keys(Object(value)), ["__proto__"]);
  assertEquals(Reflect.get(Object(value), "evil"), undefined);
});

Deno.test("parseJson() reads hostile sizes in time", () => {
  const started = performance.now();
  const size = 4 * 1024 * 1024;
  assertEquals(parseJson(`"${"\\n".repeat(size / 2)}"`), "\n".repeat(size / 2));
  parseJson(`[${"0,".repeat(size / 2)}0]`);
  parseJson(`${"1".repeat(size)}`);
  parseJson(`[${"{},".repeat(size / 3)}{}]`);
  parseJson(`${" ".repeat(size)}1`);
  assert(performance.now() - started < 10_000);
});

Deno.test("parseJson() agrees with JSON.parse on whatever JSON.stringify writes", () => {
  fc.assert(fc.property(fc.json(), fc.boolean(), (text, pretty) => {
    const laidOut = pretty ? JSON.stringify(JSON.parse(text), null, "\t") : text;
    assertEquals(parseJson(laidOut), JSON.parse(laidOut));
    assertEquals(parseJson(bytes(laidOut)), JSON.parse(laidOut));
  }));
});

Deno.test("parseJson() takes no text that JSON.parse does not take", () => {
  const character = fc.constantFrom(...'{}[]",:\\ \n019-+.eEtrufalsn\u0000\u2028é');
  const text = fc.array(character, { maxLength: 12 }).map((list) => list.join(""));
  fc.assert(
    fc.property(text, (text) => {
      let value: unknown;
      try {
        value = parseJson(text);
      } catch (error) {
        assert(error instanceof DocumentError);
        return;
      }
      assertEquals(value, JSON.parse(text));
    }),
    { numRuns: 5_000 },
  );
});
