import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  comparePaths,
  directoryPath,
  entryPath,
  parentsOf,
  sortPaths,
} from "../../lib/layer/entry_path.ts";

for (
  const { text, path } of [
    { text: "a/b", path: "a/b" },
    { text: "/a/b/", path: "a/b" },
    { text: "./a//./b", path: "a/b" },
    { text: "...", path: "..." },
    { text: "..a/b..", path: "..a/b.." },
    { text: "a\\b", path: "a\\b" },
  ]
) {
  Deno.test(`entryPath("${text}") is "${path}"`, () => assertEquals(entryPath(text), path));
}

for (const text of ["", "/", ".", "./", "..", "../a", "a/../b", "a/..", "a\0b", "\ud800"]) {
  Deno.test(`entryPath(${JSON.stringify(text)}) is refused`, () => {
    assertThrows(() => entryPath(text), TypeError, "Cannot put");
  });
}

Deno.test("directoryPath() also takes the root, in every form, and nothing above it", () => {
  for (const text of ["", "/", ".", "./", "//.//"]) assertEquals(directoryPath(text), "");
  for (const text of ["..", "../", "a/..", "/../a"]) {
    assertThrows(() => directoryPath(text), TypeError, '".."');
  }
  assertEquals(directoryPath("/a//b/"), "a/b");
});

Deno.test("comparePaths() orders by the bytes of UTF-8", () => {
  const encoder = new TextEncoder();
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
    const bytes = Math.sign(compareBytes(encoder.encode(a), encoder.encode(b)));
    assertEquals(Math.sign(comparePaths(a, b)), bytes);
  }));
  assert(comparePaths("\uffee", "\u{10000}") < 0, "UTF-16 has it the other way round");
});

Deno.test("comparePaths() puts a directory before what it holds", () => {
  assertEquals(["a/b", "a-b", "a", "a.b"].sort(comparePaths), ["a", "a-b", "a.b", "a/b"]);
});

Deno.test("sortPaths() gives the order of comparePaths()", () => {
  for (const unit of ["binary", "grapheme-ascii"] as const) {
    fc.assert(fc.property(fc.array(fc.string({ unit })), (paths) => {
      assertEquals(sortPaths([...paths]), paths.toSorted(comparePaths));
    }));
  }
});

Deno.test("parentsOf() lists the directories above, outermost first", () => {
  assertEquals([...parentsOf("a/b/c")], ["a", "a/b"]);
  assertEquals([...parentsOf("a")], []);
});

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (const [i, byte] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    if (byte !== other) return byte - other;
  }
  return a.length - b.length;
}
