import { assertEquals } from "@std/assert";
import { filterNames, filterTags, isSemverRange } from "../../lib/sync/filters.ts";
import type { TagFilter } from "../../lib/sync/sync_spec.ts";

const TAGS = [
  "latest",
  "v1.2.3",
  "1.2",
  "v1.10.0",
  "v2.0.0-rc.1",
  "v2.0.0",
  "2",
  "1.2.3-alpine",
  "01.2",
];

const CASES: readonly { readonly filter: TagFilter; readonly passes: readonly string[] }[] = [
  { filter: {}, passes: TAGS },
  { filter: { match: "^v1" }, passes: ["v1.2.3", "v1.10.0"] },
  { filter: { match: ["^v1", "latest"] }, passes: ["latest", "v1.2.3", "v1.10.0"] },
  { filter: { match: "^v", except: ["rc", "^v1"] }, passes: ["v2.0.0"] },
  { filter: { semver: ">=1.2 <2" }, passes: ["v1.2.3", "1.2", "v1.10.0", "01.2"] },
  { filter: { semver: "^2.0.0-0" }, passes: ["v2.0.0-rc.1", "v2.0.0", "2"] },
  { filter: { semver: "~1.2 || 2" }, passes: ["v1.2.3", "1.2", "v2.0.0", "2", "01.2"] },
  { filter: { semver: "*", match: "^v", latest: 2 }, passes: ["v1.10.0", "v2.0.0"] },
  { filter: { match: "^v1", latest: 1 }, passes: ["v1.10.0"] },
];

for (const { filter, passes } of CASES) {
  Deno.test(`${JSON.stringify(filter)} lets pass ${passes.join(", ")}`, () => {
    assertEquals(filterTags(TAGS, filter), passes);
  });
}

Deno.test("names pass by patterns that are found anywhere in them", () => {
  const names = ["team/app", "base/app", "team/app-test"];
  assertEquals(filterNames(names, { match: "team/", except: "-test$" }), ["team/app"]);
});

Deno.test("a range of versions is told from other text", () => {
  assertEquals([">=1", "^1 || ~2", "1.x", "", "newest"].map(isSemverRange), [
    ...[true, true, true, false, false],
  ]);
});
