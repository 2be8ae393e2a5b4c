import { assertEquals } from "@std/assert";
import golden from "../fixtures/names-golden.json" with { type: "json" };
import { parsePlatform, type Platform } from "../../lib/oci/platform.ts";
import { bestMatch, matchesPlatform } from "../../lib/oci/platform_match.ts";

Deno.test.each(golden.satisfies)(
  "matchesPlatform() of $given and $required is $satisfies, as in go-containerregistry",
  ({ given, required, satisfies }) => {
    assertEquals(matchesPlatform(parsePlatform(given), parsePlatform(required)), satisfies);
  },
);

Deno.test.each([
  { given: "linux/arm64", required: "linux/arm64/v8" },
  { given: "linux/arm64/v8", required: "linux/aarch64" },
  { given: "linux/x86_64", required: "linux/amd64/v1" },
  { given: "linux/arm", required: "linux/arm/v7" },
  { given: "linux/arm/v6", required: "linux/arm" },
  { given: "Linux/ARM64", required: "linux/arm64" },
])("matchesPlatform() knows $given as $required", ({ given, required }) => {
  assertEquals(matchesPlatform(parsePlatform(given), parsePlatform(required)), true);
});

Deno.test("matchesPlatform() wants every feature and allows more", () => {
  const base: Platform = { os: "windows", architecture: "amd64" };
  const rich: Platform = { ...base, "os.features": ["a", "b"], features: ["x"] };
  assertEquals(matchesPlatform(rich, base), true);
  assertEquals(matchesPlatform(rich, { ...base, "os.features": ["b"] }), true);
  assertEquals(matchesPlatform(base, { ...base, "os.features": ["b"] }), false);
  assertEquals(matchesPlatform(rich, { ...base, features: ["y"] }), false);
});

Deno.test.each([
  { wanted: "linux/arm/v7", from: ["linux/arm/v5", "linux/arm/v7"], best: "linux/arm/v7" },
  { wanted: "linux/arm/v7", from: ["linux/arm/v5", "linux/arm/v6"], best: "linux/arm/v6" },
  { wanted: "linux/arm/v7", from: ["linux/arm/v8", "linux/arm/v5"], best: "linux/arm/v5" },
  { wanted: "linux/arm/v7", from: ["linux/arm/v6", "linux/arm"], best: "linux/arm" },
  { wanted: "linux/arm/v6", from: ["linux/arm/v7", "linux/arm"], best: undefined },
  { wanted: "linux/arm", from: ["linux/arm/v8", "linux/arm/v6"], best: "linux/arm/v6" },
  { wanted: "linux/arm", from: ["linux/amd64", "linux/arm/v8"], best: "linux/arm/v8" },
  { wanted: "linux/arm64/v8", from: ["linux/arm/v7", "linux/arm64"], best: "linux/arm64" },
  { wanted: "linux/arm64", from: ["linux/arm64/v9", "linux/arm64/v8"], best: "linux/arm64/v8" },
  { wanted: "linux/arm64/v9", from: ["linux/arm64"], best: "linux/arm64" },
  { wanted: "linux/arm64", from: ["linux/arm/v8", "linux/amd64"], best: undefined },
  { wanted: "linux/amd64", from: ["linux/amd64/v3", "linux/amd64"], best: "linux/amd64" },
  {
    wanted: "linux/amd64/v3",
    from: ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"],
    best: "linux/amd64/v2",
  },
  {
    wanted: "linux",
    from: ["unknown/unknown", "linux/unknown", "linux/s390x"],
    best: "linux/s390x",
  },
  { wanted: "linux/amd64", from: ["unknown/unknown"], best: undefined },
  { wanted: "unknown/unknown", from: ["unknown/unknown"], best: "unknown/unknown" },
  { wanted: "linux/ppc64le/power9", from: ["linux/ppc64le/power8"], best: undefined },
  { wanted: "linux/ppc64le", from: ["linux/ppc64le/power8"], best: "linux/ppc64le/power8" },
  {
    wanted: "windows/amd64:10.0.17763.9",
    from: ["windows/amd64:10.0.20348.1", "windows/amd64:10.0.17763.1"],
    best: "windows/amd64:10.0.17763.1",
  },
  {
    wanted: "windows/amd64:10.0.17763.1",
    from: ["windows/amd64:10.0.17763.9", "windows/amd64:10.0.17763.1"],
    best: "windows/amd64:10.0.17763.1",
  },
  { wanted: "windows/amd64", from: ["windows/amd64:10.0.1"], best: "windows/amd64:10.0.1" },
  { wanted: "linux/amd64", from: [], best: undefined },
])("bestMatch() for $wanted of $from is $best", ({ wanted, from, best }) => {
  const candidates = from.map((text) => ({ text, platform: parsePlatform(text) }));
  assertEquals(bestMatch(candidates, parsePlatform(wanted))?.text, best);
});

Deno.test("bestMatch() chooses the first of equals", () => {
  const platform = parsePlatform("linux/arm64/v8");
  const candidates = [{ at: 0 }, { at: 1, platform }, { at: 2, platform }];
  assertEquals(bestMatch(candidates, parsePlatform("linux/arm64"))?.at, 1);
});

Deno.test("bestMatch() passes over what names no platform, or half of one", () => {
  const candidates = [
    {},
    { platform: undefined },
    { platform: { os: "", architecture: "" } },
    { platform: { os: "linux", architecture: "" } },
  ];
  assertEquals(bestMatch(candidates, parsePlatform("linux/amd64")), undefined);
});
