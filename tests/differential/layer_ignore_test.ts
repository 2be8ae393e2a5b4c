import { assertEquals } from "@std/assert";
import dockerignore, { type Ignore } from "@balena/dockerignore";
import fc from "fast-check";
import { parseIgnore } from "../../lib/layer/ignore.ts";

/** A CommonJS module: what it exports is the function, what its types say is a module. */
const openPeer = dockerignore as unknown as (options: { ignorecase: boolean }) => Ignore;

const NAMES = ["a", "b", "ab", "a.b", "c.txt", "d-e", "+x"];
const PATTERNS = [
  "a",
  "b",
  "ab",
  "*",
  "*.txt",
  "a*",
  "?",
  "a?",
  "[ab]",
  "[^a]b",
  "**",
  "d-e",
  "c.*",
];

const path = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"));
const pattern = fc.tuple(
  fc.constantFrom("", "", "", "!", "/", "!/"),
  fc.array(fc.constantFrom(...PATTERNS), { minLength: 1, maxLength: 3 }),
  fc.constantFrom("", "", "/"),
).map(([before, parts, after]) => before + parts.join("/") + after);
const rules = fc.array(pattern, { minLength: 1, maxLength: 5 });

Deno.test("ignore rules leave out what @balena/dockerignore leaves out", () => {
  fc.assert(
    fc.property(rules, path, (lines, path) => {
      const expected = openPeer({ ignorecase: false }).add([...lines]).ignores(path);
      assertEquals(parseIgnore(lines).ignores(path), expected);
    }),
    { numRuns: 5000 },
  );
});
