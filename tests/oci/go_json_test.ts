import { assertEquals, assertThrows } from "@std/assert";
import { encodeGoJson } from "../../lib/oci/go_json.ts";

Deno.test.each([
  { value: { b: 1, a: [true, null, "x"] }, text: '{"b":1,"a":[true,null,"x"]}' },
  { value: "a && b > c < d", text: '"a \\u0026\\u0026 b \\u003e c \\u003c d"' },
  { value: "\u2028\u2029", text: '"\\u2028\\u2029"' },
  { value: '"\\\n\t\u0001\u007f', text: '"\\"\\\\\\n\\t\\u0001\u007f"' },
  { value: "é😀", text: '"é😀"' },
  { value: "\ud800", text: '"\ufffd"' },
  { value: { "<": undefined, ">": 1e21 }, text: '{"\\u003e":1e+21}' },
])("encodeGoJson() writes $text", ({ value, text }) => {
  assertEquals(encodeGoJson(value), text);
});

Deno.test("encodeGoJson() refuses what JSON cannot hold", () => {
  for (const value of [undefined, 1n, () => 1]) assertThrows(() => encodeGoJson(value), TypeError);
});
