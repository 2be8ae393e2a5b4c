import { assertEquals, assertThrows } from "@std/assert";
import { parseIgnore } from "../../lib/layer/ignore.ts";

/** Rules, the paths they leave out, and some they do not. */
const TABLE: readonly { rules: string; out: readonly string[]; kept: readonly string[] }[] = [
  { rules: "a", out: ["a", "a/b"], kept: ["b/a", "ab", "A"] },
  { rules: "/a", out: ["a", "a/b"], kept: ["b/a"] },
  { rules: "a/", out: ["a", "a/b"], kept: ["ab"] },
  { rules: " a\t\r", out: ["a"], kept: ["b"] },
  { rules: "./a//b/../c", out: ["a/c", "a/c/d"], kept: ["a/b"] },
  { rules: "*.md", out: ["a.md", ".md"], kept: ["a/b.md", "a.mdx"] },
  { rules: "*/*.md", out: ["a/b.md"], kept: ["a.md", "a/b/c.md"] },
  { rules: "**/*.md", out: ["a.md", "a/b.md", "a/b/c.md"], kept: ["a.txt"] },
  {
    rules: "**/node_modules",
    out: ["node_modules", "a/node_modules/b"],
    kept: ["my_node_modules"],
  },
  { rules: "a/**", out: ["a/b", "a/b/c"], kept: ["a", "ab"] },
  { rules: "a/**/b", out: ["a/b", "a/x/b", "a/x/y/b"], kept: ["a/x/bb", "b"] },
  { rules: "**", out: ["a", "a/b"], kept: [] },
  { rules: "**log", out: ["log", "a.log", "a/b.log"], kept: ["log2"] },
  { rules: "a?c", out: ["abc", "aüc", "a\u{1f433}c"], kept: ["a/c", "ac"] },
  { rules: "a[b-d]", out: ["ab", "ad"], kept: ["ae", "a"] },
  { rules: "a[^b-d]", out: ["ae"], kept: ["ab"] },
  { rules: "a[d-b]", out: [], kept: ["ab", "ac"] },
  { rules: "a[\\]\\-]", out: ["a]", "a-"], kept: ["ab"] },
  { rules: "a\\*", out: ["a*"], kept: ["ab"] },
  { rules: "a.b+(c)$|{d}^", out: ["a.b+(c)$|{d}^"], kept: ["axb"] },
  { rules: "#a\n # b", out: ["# b"], kept: ["#a", "a"] },
  { rules: "\ufeffa", out: ["a"], kept: [] },
  { rules: ".\n/\n..", out: [], kept: ["a", ".a"] },
  { rules: "*.md\n!keep.md", out: ["a.md"], kept: ["keep.md"] },
  { rules: "!keep.md\n*.md", out: ["keep.md"], kept: [] },
  { rules: "a\n!a/b\na/b/c", out: ["a", "a/x", "a/b/c"], kept: ["a/b", "a/b/d"] },
  { rules: "*\n/!a", out: ["b"], kept: ["a"] },
  { rules: "/ a\nb /", out: ["a", "b"], kept: ["c"] },
  { rules: "*\n! /src", out: ["a", "srca"], kept: ["src", "src/a/b"] },
];

for (const { rules, out, kept } of TABLE) {
  Deno.test(`the ignore rules ${JSON.stringify(rules)} leave out what Docker leaves out`, () => {
    const parsed = parseIgnore(rules);
    const wrong = [
      ...out.filter((path) => !parsed.ignores(path)),
      ...kept.filter((path) => parsed.ignores(path)),
    ];
    assertEquals(wrong, []);
  });
}

for (const rule of ["!", "! ", "a[", "a[]", "a[^]", "a[b", "a[b-]", "a[-b]", "a\\", "[a\\"]) {
  Deno.test(`the ignore rule ${JSON.stringify(rule)} is refused`, () => {
    assertThrows(() => parseIgnore([rule]), SyntaxError, "Cannot parse ignore rule");
  });
}

for (
  const { rules, directory, expected } of [
    { rules: "a", directory: "a", expected: false },
    { rules: "a\n!b/c", directory: "a", expected: false },
    { rules: "a\n!a/c", directory: "a", expected: true },
    { rules: "a\n!a/b/c", directory: "a/b", expected: true },
    { rules: "a\n!ab", directory: "a", expected: false },
    { rules: "a\n!**/c", directory: "a", expected: true },
  ]
) {
  const name = `with ${JSON.stringify(rules)} the directory ${directory} may ` +
    `${expected ? "" : "not "}hold exceptions`;
  Deno.test(name, () => assertEquals(parseIgnore(rules).mayHoldExceptions(directory), expected));
}

Deno.test({
  name: "ignore rules ask for no permission",
  permissions: "none",
  fn: () => void parseIgnore("a"),
});
