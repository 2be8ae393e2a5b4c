import { assertEquals, assertThrows } from "@std/assert";
import { DocumentError } from "../../lib/errors.ts";
import { opaque, parseWhiteout, whiteout } from "../../lib/layer/whiteout.ts";

for (
  const { path, marker } of [
    { path: "usr/share/nginx/html", marker: "usr/share/nginx/.wh.html" },
    { path: "/usr/share/nginx/html/", marker: "usr/share/nginx/.wh.html" },
    { path: "./motd", marker: ".wh.motd" },
    { path: "a/wh.b", marker: "a/.wh.wh.b" },
  ]
) {
  Deno.test(`whiteout("${path}") is the empty file ${marker} of mode 0`, () => {
    assertEquals(whiteout(path), { path: marker, mode: 0 });
  });
}

for (const path of ["", "/", ".", "a/..", "a/.wh.b", "a\0b"]) {
  Deno.test(`whiteout(${JSON.stringify(path)}) is refused`, () => {
    assertThrows(() => whiteout(path), TypeError, "Cannot");
  });
}

for (
  const { directory, marker } of [
    { directory: "var/cache", marker: "var/cache/.wh..wh..opq" },
    { directory: "/var/cache/", marker: "var/cache/.wh..wh..opq" },
    { directory: "/", marker: ".wh..wh..opq" },
    { directory: "./", marker: ".wh..wh..opq" },
  ]
) {
  Deno.test(`opaque("${directory}") is the empty file ${marker}`, () => {
    assertEquals(opaque(directory), { path: marker, mode: 0 });
  });
}

for (const directory of ["..", "../", "a/../.."]) {
  Deno.test(`opaque("${directory}") is refused`, () => {
    assertThrows(() => opaque(directory), TypeError, '".."');
  });
}

for (
  const { path, expected } of [
    { path: "a/.wh.b", expected: { kind: "whiteout", path: "a/b" } },
    { path: "./a/.wh.b/", expected: { kind: "whiteout", path: "a/b" } },
    { path: "/.wh.b", expected: { kind: "whiteout", path: "b" } },
    { path: ".wh.wh.b", expected: { kind: "whiteout", path: "wh.b" } },
    { path: ".wh....", expected: { kind: "whiteout", path: "..." } },
    { path: "a/.wh..wh..opq", expected: { kind: "opaque", directory: "a" } },
    { path: ".wh..wh..opq", expected: { kind: "opaque", directory: "" } },
    { path: ".wh..wh.plnk", expected: { kind: "metadata" } },
    { path: ".wh..wh.plnk/8.42", expected: { kind: "metadata" } },
    { path: ".wh..wh.aufs", expected: { kind: "metadata" } },
    { path: "a/b.wh.c", expected: undefined },
    { path: "a/.wh", expected: undefined },
    { path: "a/b", expected: undefined },
  ] as const
) {
  Deno.test(`parseWhiteout("${path}") gives ${JSON.stringify(expected) ?? "nothing"}`, () => {
    assertEquals(parseWhiteout(path), expected);
  });
}

for (
  const path of [".wh.", "a/.wh.", ".wh..", "a/.wh..", ".wh...", "a/.wh.b/c", ".wh..wh..opq/x"]
) {
  Deno.test(`parseWhiteout("${path}") refuses a marker that means nothing`, () => {
    assertThrows(() => parseWhiteout(path), DocumentError, "Cannot apply whiteout");
  });
}

Deno.test("parseWhiteout() undoes whiteout() and opaque()", () => {
  for (const path of ["a", "a/b", "wh.a", "...", "ü/\u{1f433}"]) {
    assertEquals(parseWhiteout(whiteout(path).path), { kind: "whiteout", path });
    assertEquals(parseWhiteout(opaque(path).path), { kind: "opaque", directory: path });
  }
});

Deno.test({
  name: "whiteouts ask for no permission",
  permissions: "none",
  fn: () => void whiteout("a"),
});
