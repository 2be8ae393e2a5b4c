import { assertEquals, assertThrows } from "@std/assert";
import { PolicyError } from "../../lib/errors.ts";
import { RegistryRules } from "../../lib/mirrors/registry_rules.ts";
import { parseReference } from "../../lib/oci/reference.ts";

const RULES = new RegistryRules([
  {
    prefix: "docker.io",
    mirrors: [
      { location: "one.example/hub" },
      { location: "two.example:5000", pull: "digest-only", insecure: true },
      { location: "three.example", pull: "tag-only" },
    ],
  },
  { prefix: "docker.io/library/nginx", location: "real.example/web/nginx" },
  { prefix: "moved.example", location: "new.example/old", insecure: true },
  { prefix: "*.corp.example", mirrors: [{ location: "near.example/corp" }] },
  { prefix: "bad.example/evil", blocked: true },
]);

const DIGEST = `sha256:${"0".repeat(64)}`;

const CASES: readonly { readonly name: string; readonly sources: readonly string[] }[] = [
  {
    name: "alpine:3",
    sources: [
      "one.example/hub/library/alpine",
      "three.example/library/alpine",
      "index.docker.io/library/alpine",
    ],
  },
  {
    name: `alpine@${DIGEST}`,
    sources: [
      "one.example/hub/library/alpine",
      "two.example:5000/library/alpine",
      "index.docker.io/library/alpine",
    ],
  },
  { name: "nginx", sources: ["real.example/web/nginx"] },
  {
    name: "docker.io/library/nginx-extra",
    sources: [
      "one.example/hub/library/nginx-extra",
      "three.example/library/nginx-extra",
      "index.docker.io/library/nginx-extra",
    ],
  },
  { name: "moved.example/a/b", sources: ["new.example/old/a/b"] },
  { name: "moved.example:5000/a/b", sources: ["moved.example:5000/a/b"] },
  { name: "a.corp.example/x", sources: ["near.example/corp/x", "a.corp.example/x"] },
  { name: "corp.example/x", sources: ["corp.example/x"] },
  { name: "bad.example/evilest", sources: ["bad.example/evilest"] },
  { name: "other.example/x", sources: ["other.example/x"] },
];

for (const { name, sources } of CASES) {
  Deno.test(`${name} is read from ${sources.join(", then ")}`, () => {
    const { registry, repository, tag, digest } = parseReference(name);
    const found = RULES.sourcesOf({ registry, repository }, digest ?? tag);
    assertEquals(found.map((source) => `${source.registry}/${source.repository}`), sources);
  });
}

Deno.test("what is blocked is neither read nor written", () => {
  const name = { registry: "bad.example", repository: "evil/x" };
  assertThrows(() => RULES.sourcesOf(name), PolicyError, 'blocks "bad.example/evil"');
  assertThrows(() => RULES.checkAccess(name), PolicyError);
  RULES.checkAccess({ registry: "index.docker.io", repository: "library/alpine" });
});

Deno.test("places are insecure where a rule says so, and nowhere else", () => {
  const places = ["two.example:5000", "new.example", "one.example", "two.example", "moved.example"];
  assertEquals(places.map((place) => RULES.isInsecure(place)), [true, true, false, false, false]);
});

for (const prefix of ["", "https://a.example", "a b", "*.a.example/x", "a.example/UP", "/x"]) {
  Deno.test(`a rule for ${JSON.stringify(prefix)} is refused`, () => {
    assertThrows(() => new RegistryRules([{ prefix }]), SyntaxError);
    assertThrows(() => new RegistryRules([{ prefix: "a.example", location: prefix }]), SyntaxError);
  });
}
