import { assertEquals } from "@std/assert";
import { covers, mergeScopes } from "../../lib/registry/scope.ts";

const MERGES: readonly {
  readonly scopes: readonly string[];
  readonly merged: readonly string[];
}[] = [
  { scopes: [], merged: [] },
  { scopes: ["repository:a:pull"], merged: ["repository:a:pull"] },
  {
    scopes: ["repository:a:pull", "repository:b:pull"],
    merged: ["repository:a:pull", "repository:b:pull"],
  },
  {
    scopes: ["repository:a:push,pull", "repository:a:pull,push"],
    merged: ["repository:a:pull,push"],
  },
  {
    scopes: ["repository:a:pull", "repository:b:pull", "repository:a:pull,push"],
    merged: ["repository:a:pull,push", "repository:b:pull"],
  },
  { scopes: ["repository:a:delete,*,pull"], merged: ["repository:a:pull,delete,*"] },
  { scopes: ["repository:host:5000/a:pull"], merged: ["repository:host:5000/a:pull"] },
];

for (const { scopes, merged } of MERGES) {
  Deno.test({
    name: `mergeScopes(${scopes.join(" ")}) is ${merged.join(" ")}`,
    permissions: "none",
    fn: () => assertEquals(mergeScopes(scopes), merged),
  });
}

Deno.test("covers() tells whether a token for some scopes is enough for others", () => {
  assertEquals(covers(["repository:a:pull,push"], ["repository:a:push"]), true);
  assertEquals(covers(["repository:a:pull"], ["repository:a:pull,push"]), false);
  assertEquals(covers(["repository:a:pull"], ["repository:b:pull"]), false);
  assertEquals(covers(["repository:a:pull"], []), true);
});
