import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import golden from "../fixtures/names-golden.json" with { type: "json" };
import {
  formatPlatform,
  hostPlatform,
  normalizePlatform,
  parsePlatform,
} from "../../lib/oci/platform.ts";

/** Where davit refuses what go-containerregistry takes, and why. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["", "no platform is not a platform"],
  ["/", "no platform is not a platform"],
  ["linux//v8", "a variant belongs to an architecture"],
  ["a:b:c", "a second version would be lost without a word"],
  ["linux/arm64/v8:5:6", "a second version would be lost without a word"],
]);

for (const { text, string = "", os = "", architecture = "", ...expected } of golden.platforms) {
  const refusal = REFUSED.get(text) ?? (expected.error === true ? "too many parts" : undefined);
  if (refusal !== undefined) {
    Deno.test(`parsePlatform() refuses "${text}": ${refusal}`, () => {
      assertThrows(() => parsePlatform(text), SyntaxError, "os[/architecture[/variant]]");
    });
  } else {
    Deno.test(`parsePlatform() reads "${text}" as go-containerregistry does`, () => {
      const platform = parsePlatform(text);
      assertEquals(platform, {
        os,
        architecture,
        ...(expected.variant === undefined ? {} : { variant: expected.variant }),
        ...(expected.osVersion === undefined ? {} : { "os.version": expected.osVersion }),
      });
      assertEquals(formatPlatform(platform), string);
    });
  }
}

Deno.test.each(["linux/", "/amd64", "linux /amd64", "linux/amd64:", "l\nx", "all,none", "ü/x"])(
  "parsePlatform() refuses %j",
  (text) => {
    assertThrows(() => parsePlatform(text), SyntaxError, "Cannot parse platform");
  },
);

Deno.test.each([
  { text: "linux/amd64", normal: "linux/amd64" },
  { text: "Linux/X86_64", normal: "linux/amd64" },
  { text: "linux/x86-64", normal: "linux/amd64" },
  { text: "linux/amd64/v1", normal: "linux/amd64" },
  { text: "linux/amd64/v3", normal: "linux/amd64/v3" },
  { text: "linux/i386", normal: "linux/386" },
  { text: "linux/i686", normal: "linux/386" },
  { text: "linux/aarch64", normal: "linux/arm64" },
  { text: "linux/arm64/v8", normal: "linux/arm64" },
  { text: "linux/arm64/8", normal: "linux/arm64" },
  { text: "linux/arm64/v9", normal: "linux/arm64/v9" },
  { text: "linux/arm", normal: "linux/arm/v7" },
  { text: "linux/arm/7", normal: "linux/arm/v7" },
  { text: "linux/arm/v6", normal: "linux/arm/v6" },
  { text: "linux/armhf", normal: "linux/arm/v7" },
  { text: "linux/armel", normal: "linux/arm/v6" },
  { text: "linux/ppc64le/power8", normal: "linux/ppc64le/power8" },
  { text: "macos/arm64", normal: "darwin/arm64" },
  { text: "windows/amd64:10.0.1", normal: "windows/amd64:10.0.1" },
  { text: "linux", normal: "linux" },
])("normalizePlatform() makes $normal of $text", ({ text, normal }) => {
  const platform = normalizePlatform(parsePlatform(text));
  assertEquals(formatPlatform(platform), normal);
  assertEquals(normalizePlatform(platform), platform);
});

Deno.test("normalizePlatform() keeps versions and features", () => {
  const platform = {
    os: "windows",
    architecture: "amd64",
    "os.version": "10.0.1",
    "os.features": ["win32k"],
    features: ["sse4"],
  };
  assertEquals(normalizePlatform(platform), platform);
});

Deno.test({
  name: "hostPlatform() is Linux on this machine's CPU, and asks for no permission",
  permissions: "none",
  fn() {
    assertMatch(formatPlatform(hostPlatform()), /^linux\/(amd64|arm64)$/);
  },
});
