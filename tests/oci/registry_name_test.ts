import { assertEquals, assertThrows } from "@std/assert";
import { parseRegistry, registryScheme } from "../../lib/oci/registry_name.ts";

Deno.test.each([
  { text: "", registry: "index.docker.io" },
  { text: "docker.io", registry: "index.docker.io" },
  { text: "GHCR.io", registry: "ghcr.io" },
  { text: "registry:5000", registry: "registry:5000" },
  { text: "my_registry:5000", registry: "my_registry:5000" },
  { text: "ghcr.io:443", registry: "ghcr.io:443" },
  { text: "[0:0::1]:5000", registry: "[::1]:5000" },
  { text: "docker.io:443", registry: "docker.io:443" },
])("parseRegistry() reads $text as $registry", ({ text, registry }) => {
  assertEquals(parseRegistry(text), registry);
});

Deno.test("parseRegistry() takes another default, and docker.io as one too", () => {
  assertEquals(parseRegistry("", { defaultRegistry: "r.example" }), "r.example");
  assertEquals(parseRegistry("", { defaultRegistry: "docker.io" }), "index.docker.io");
});

Deno.test.each(["ghcr.io/org", "ghcr.io:", "ghcr.io:x", "http://a", "a@b", "a b", "1.2.3", "-a.b"])(
  "parseRegistry() refuses %s",
  (text) => {
    assertThrows(() => parseRegistry(text), SyntaxError, "Cannot parse registry");
  },
);

Deno.test("parseRegistry() in strict mode guesses nothing", () => {
  assertThrows(() => parseRegistry("", { strict: true }), SyntaxError, "a host name");
});

Deno.test.each([
  { registry: "localhost", scheme: "http" },
  { registry: "localhost:5000", scheme: "http" },
  { registry: "k3d.localhost:5000", scheme: "http" },
  { registry: "127.0.0.1:5000", scheme: "http" },
  { registry: "127.9.8.7", scheme: "http" },
  { registry: "[::1]", scheme: "http" },
  { registry: "[::1]:5000", scheme: "http" },
  { registry: "localhost.example", scheme: "https" },
  { registry: "notlocalhost", scheme: "https" },
  { registry: "127.0.0.1.example", scheme: "https" },
  { registry: "10.0.0.1:5000", scheme: "https" },
  { registry: "192.168.0.1", scheme: "https" },
  { registry: "172.16.0.1", scheme: "https" },
  { registry: "169.254.169.254", scheme: "https" },
  { registry: "[fd00::1]:5000", scheme: "https" },
  { registry: "index.docker.io", scheme: "https" },
])("$registry is spoken to by $scheme", ({ registry, scheme }) => {
  assertEquals<string>(registryScheme(registry), scheme);
});
