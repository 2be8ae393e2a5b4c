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

for (
  const { text, says } of [
    { text: "oci-achive:x.tar:v1", says: 'did you mean "oci-archive:x.tar:v1"?' },
    { text: "docker-archiv:x", says: 'did you mean "docker-archive:x"?' },
    { text: "docker-deamon:app:dev", says: 'did you mean "docker-daemon:app:dev"?' },
    { text: "dir:foo", says: 'there is no transport "dir:"; an OCI layout, oci:DIR' },
    { text: "dir:foo", says: 'the image of Docker Hub is "docker.io/library/dir:foo"' },
    { text: "dir:/tmp/foo", says: "oci:DIR" },
    { text: "containers-storage:localhost/app", says: "podman save" },
    { text: "containers-storage:[overlay@/a+/b]app:v1", says: "podman save" },
    { text: "layout:./x", says: "expected one of oci:DIR[:TAG], oci-archive:FILE[:TAG], " },
  ]
) {
  Deno.test(`parseLocation() takes ${text} for no image, and says ${says}`, () => {
    assertThrows(() => parseLocation(text), SyntaxError, says);
  });
}

for (const text of ["docker:dind", "oc:v1", "k3d:v5", "archive:v1", "dir", "dir:5000/app:v1"]) {
  Deno.test(`parseLocation() takes ${text} for an image`, () => {
    assertEquals(parseLocation(text).kind, "registry");
  });
}
