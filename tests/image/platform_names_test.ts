import { assertEquals } from "@std/assert";
import { availableNames, listAvailable } from "../../lib/image/platform_names.ts";

Deno.test("platforms are listed once each, by one name, without those of attestations", () => {
  const names = availableNames([
    { os: "linux", architecture: "arm64", variant: "v8" },
    { os: "linux", architecture: "aarch64" },
    { os: "unknown", architecture: "unknown" },
    { os: "windows", architecture: "amd64", "os.version": "10.0.1" },
    undefined,
  ]);
  assertEquals(names, ["linux/arm64", "windows/amd64:10.0.1", "no platform"]);
  assertEquals(listAvailable(names), `available: ${names.join(", ")}`);
  assertEquals(listAvailable([]), "available: no image at all");
});
