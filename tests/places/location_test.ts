import { assertEquals, assertThrows } from "@std/assert";
import { formatLocation, type Location, parseLocation } from "../../lib/places/location.ts";

const LOCATIONS: Readonly<Record<string, Location>> = {
  "oci:dir": { kind: "oci", path: "dir" },
  "oci:dir:v1": { kind: "oci", path: "dir", name: "v1" },
  "oci:/a/b.c:v1": { kind: "oci", path: "/a/b.c", name: "v1" },
  "oci:dir:registry.example:5000/app:v1": {
    kind: "oci",
    path: "dir",
    name: "registry.example:5000/app:v1",
  },
  "oci-archive:a.tar:v1": { kind: "oci-archive", path: "a.tar", name: "v1" },
  "docker-archive:a.tar": { kind: "docker-archive", path: "a.tar" },
  "docker-archive:a.tar:registry.example:5000/app:v1": {
    kind: "docker-archive",
    path: "a.tar",
    name: "registry.example:5000/app:v1",
  },
  "docker-legacy:a.tar:registry.example/app:v1": {
    kind: "docker-legacy",
    path: "a.tar",
    name: "registry.example/app:v1",
  },
  "k3s:dev": { kind: "k3s", cluster: "dev" },
  "/a/b.tar": { kind: "path", path: "/a/b.tar" },
  "./b.tar": { kind: "path", path: "./b.tar" },
  "../b": { kind: "path", path: "../b" },
  ".": { kind: "path", path: "." },
  "registry.example/app:v1": {
    kind: "registry",
    reference: { registry: "registry.example", repository: "app", tag: "v1" },
  },
  "localhost:5000/app:v1": {
    kind: "registry",
    reference: { registry: "localhost:5000", repository: "app", tag: "v1" },
  },
};

for (const [text, location] of Object.entries(LOCATIONS)) {
  Deno.test(`parseLocation() reads ${text}`, () => {
    assertEquals(parseLocation(text), location);
    assertEquals(formatLocation(location), text);
  });
}

Deno.test("parseLocation() reads skopeo's docker:// as a registry", () => {
  assertEquals(
    parseLocation("docker://registry.example/app:v1"),
    LOCATIONS["registry.example/app:v1"],
  );
});

Deno.test("parseLocation() writes Docker's names in full", () => {
  assertEquals(parseLocation("docker-daemon:app").kind, "docker-daemon");
  assertEquals(
    formatLocation(parseLocation("docker-daemon:registry.example/app")),
    "docker-daemon:registry.example/app:latest",
  );
});

for (const text of ["oci:", "oci::v1", "oci-archive:", "docker-archive:", "docker-daemon:", ""]) {
  Deno.test(`parseLocation() refuses "${text}"`, () => {
    assertThrows(() => parseLocation(text), SyntaxError);
  });
}
