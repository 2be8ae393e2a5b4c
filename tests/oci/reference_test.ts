import { assertEquals, assertThrows } from "@std/assert";
import golden from "../fixtures/names-golden.json" with { type: "json" };
import {
  containerdName,
  familiarName,
  formatReference,
  parseReference,
  parseRepository,
  type Reference,
} from "../../lib/oci/reference.ts";
import { registryScheme } from "../../lib/oci/registry_name.ts";

const SHA256 = `sha256:${"0123456789abcdef".repeat(4)}` as const;
const SHA512 = `sha512:${"0123456789abcdef".repeat(8)}` as const;

/** Where davit refuses what go-containerregistry takes, and why. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["foo//bar", "distribution-spec: a component of a path is not empty"],
  ["/foo", "distribution-spec: a path begins with a component"],
  ["foo/", "distribution-spec: a path ends with a component"],
  ["foo/bar/", "distribution-spec: a path ends with a component"],
  ["/", "distribution-spec: a path has a component"],
  ["-foo/bar", "distribution-spec: a component begins with a letter or digit"],
  ["_foo", "distribution-spec: a component begins with a letter or digit"],
  ["foo.bar/baz..qux:1", "distribution-spec: one dot joins, two do not"],
  ["foo/bar:-tag", "distribution-spec: a tag begins with a letter, a digit or _"],
  ["foo/bar:.tag", "distribution-spec: a tag begins with a letter, a digit or _"],
  [".hidden/foo", "no host begins with a dot"],
  ["gcr.io:/foo/bar:1", "a port has digits"],
  ["10.256.0.1:5000/foo:1", "neither an IPv4 address nor a host name: no URL can have it"],
  ["::1/foo:1", "a URL has IPv6 addresses in brackets, and ::1:5000 would be ambiguous"],
  ["https://gcr.io/foo", "a name is no URL"],
]);

/** Where davit takes what go-containerregistry refuses. */
const TAKEN: ReadonlyMap<string, string> = new Map([
  [`foo/bar@${SHA512}`, "image-spec registers sha512"],
]);

/** Where davit speaks another scheme, and why. */
const OTHER_SCHEME: ReadonlyMap<string, "http" | "https"> = new Map([
  ["localhost", "http"], // the loopback interface with or without a port
  ["10.0.0.1:5000", "https"], // a private network is not this machine: --insecure says so
  ["192.168.1.1", "https"],
  ["172.16.0.1", "https"],
]);

function outcomeOf(text: string, strict: boolean): Record<string, unknown> {
  let reference: Reference;
  try {
    reference = parseReference(text, { strict });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { error: true };
  }
  const { registry, repository, tag, digest } = reference;
  return {
    registry,
    repository,
    identifier: digest ?? tag,
    kind: digest === undefined ? "tag" : "digest",
    name: formatReference(reference),
    scheme: registryScheme(registry),
  };
}

for (const { text, strict, ...expected } of golden.references) {
  const name = `${strict ? "strict " : ""}${JSON.stringify(text.slice(0, 60))} (${text.length})`;
  const refused = REFUSED.get(text);
  if (refused !== undefined) {
    Deno.test(`parseReference() refuses ${name}: ${refused}`, () => {
      assertEquals(outcomeOf(text, strict), { error: true });
    });
  } else if (TAKEN.has(text)) {
    Deno.test(`parseReference() takes ${name}: ${TAKEN.get(text)}`, () => {
      if (strict) assertThrows(() => parseReference(text, { strict }), SyntaxError, "registry");
      else assertEquals(parseReference(text).digest, SHA512);
    });
  } else {
    Deno.test(`parseReference() reads ${name} as go-containerregistry does`, () => {
      const scheme = OTHER_SCHEME.get(expected.registry ?? "") ?? expected.scheme;
      assertEquals(
        outcomeOf(text, strict),
        "error" in expected ? { error: true } : { ...expected, scheme },
      );
    });
  }
}

Deno.test("the lists of differences name cases that are there and differ", () => {
  const cases = new Map(golden.references.filter((c) => !c.strict).map((c) => [c.text, c]));
  for (const text of REFUSED.keys()) assertEquals(cases.get(text)?.error, undefined, text);
  for (const text of TAKEN.keys()) assertEquals(cases.get(text)?.error, true, text);
});

Deno.test("parseReference() keeps both tag and digest, and the digest names the image", () => {
  const reference = parseReference(`gcr.io/p/i:v1@${SHA256}`);
  assertEquals(reference, { registry: "gcr.io", repository: "p/i", tag: "v1", digest: SHA256 });
  assertEquals(formatReference(reference), `gcr.io/p/i@${SHA256}`);
});

Deno.test("parseReference() guesses no tag beside a digest", () => {
  assertEquals("tag" in parseReference(`ubuntu@${SHA256}`), false);
});

Deno.test("parseReference() takes another default registry, without library/", () => {
  const options = { defaultRegistry: "registry.example:5000", defaultTag: "edge" };
  assertEquals(parseReference("app", options), {
    registry: "registry.example:5000",
    repository: "app",
    tag: "edge",
  });
  assertEquals(parseReference("docker.io/app:1", options).repository, "library/app");
  assertEquals(parseReference("app", { defaultRegistry: "docker.io" }), {
    registry: "index.docker.io",
    repository: "library/app",
    tag: "latest",
  });
});

Deno.test("parseReference() writes a registry in lower case, for hosts have no case", () => {
  assertEquals(parseReference("GHCR.io/org/app:V1"), {
    registry: "ghcr.io",
    repository: "org/app",
    tag: "V1",
  });
});

Deno.test.each([
  { text: "Ubuntu", says: 'in lower case: did you mean "ubuntu"?' },
  { text: "ghcr.io/Org/App:V1", says: 'in lower case: did you mean "ghcr.io/org/app:V1"?' },
  { text: "https://gcr.io/foo:1", says: 'without "https://": did you mean "gcr.io/foo:1"?' },
  { text: "docker://alpine", says: 'without "docker://": did you mean "alpine"?' },
  { text: "::1/foo", says: 'in brackets: did you mean "[::1]"?' },
  { text: "app@sha256:abc", says: 'after "@" a digest: "sha256:" and 64 lower-case hex digits' },
  { text: `app@${SHA256.toUpperCase()}`, says: "lower-case hex" },
  { text: `app@${SHA256}@${SHA256}`, says: 'one "@"' },
  { text: `app:${"a".repeat(129)}`, says: "a tag of at most 128" },
  { text: `app:`, says: 'got ""' },
  { text: `app/${"b".repeat(252)}`, says: "at most 255 characters" },
  { text: "example.test:65536/app", says: "a host name or an IP address" },
  { text: "", says: "a repository of lower-case letters" },
])("parseReference() says what is wrong with $text", ({ text, says }) => {
  assertThrows(() => parseReference(text), SyntaxError, says);
});

Deno.test.each([
  { text: "app", says: "a registry" },
  { text: "example.test/app", says: "a tag or a digest" },
  { text: "docker.io/app:1", says: "library/" },
])("parseReference() in strict mode says what $text lacks", ({ text, says }) => {
  assertThrows(() => parseReference(text, { strict: true }), SyntaxError, says);
});

Deno.test.each([
  "../x",
  "a/../b",
  "example.test/../v2/x",
  "a/%2e%2e/b",
  "a/./b",
  "example.test/a?x=1",
  "example.test/a#x",
  "user:secret@example.test/a",
  "example.test\\a/b",
  "a\nb",
  "a\0b",
  "127.1/a",
  "0x7f.0.0.1/a",
  "0177.0.0.1/a",
  "2130706433:5000/a",
  "[::1/a",
  "[::1%25eth0]/a",
  "xn--/a:b/c",
  "ex ample.test/a",
  "ｅxample.test/a",
])("parseReference() lets nothing through that could become another path or host: %s", (text) => {
  assertThrows(() => parseReference(text), SyntaxError);
});

Deno.test("parseReference() takes time in proportion to the text", () => {
  const started = performance.now();
  for (const part of ["a", "a-", "a.", "a/", "a__", "A", "-"]) {
    for (const end of ["", "!", "-"]) {
      const text = `${part.repeat(200_000)}${end}`;
      assertThrows(() => parseReference(text), SyntaxError);
      assertThrows(() => parseReference(`example.test/${text}`), SyntaxError);
    }
  }
  assertEquals(performance.now() - started < 2_000, true);
});

Deno.test("parseRepository() gives registry and path", () => {
  assertEquals(parseRepository("alpine"), {
    registry: "index.docker.io",
    repository: "library/alpine",
  });
  assertEquals(parseRepository("localhost:5000/a/b"), {
    registry: "localhost:5000",
    repository: "a/b",
  });
});

Deno.test.each([
  { text: "alpine:3", says: "no tag" },
  { text: `alpine@${SHA256}`, says: "no digest" },
  { text: "https://ghcr.io/a", says: 'without "https://"' },
])("parseRepository() refuses $text", ({ text, says }) => {
  assertThrows(() => parseRepository(text), SyntaxError, says);
});

Deno.test("formatReference() writes a repository without a tag as it is", () => {
  assertEquals(formatReference(parseRepository("ghcr.io/a/b")), "ghcr.io/a/b");
});

Deno.test.each([
  { text: "nginx", containerd: "docker.io/library/nginx:latest", docker: "nginx:latest" },
  { text: "org/app:1", containerd: "docker.io/org/app:1", docker: "org/app:1" },
  { text: "ghcr.io/a:1", containerd: "ghcr.io/a:1", docker: "ghcr.io/a:1" },
  {
    text: `nginx:1@${SHA256}`,
    containerd: `docker.io/library/nginx@${SHA256}`,
    docker: `nginx@${SHA256}`,
  },
])("$text is $containerd to containerd and $docker to Docker", ({ text, containerd, docker }) => {
  const reference = parseReference(text);
  assertEquals(containerdName(reference), containerd);
  assertEquals(familiarName(reference), docker);
  assertEquals(parseReference(containerd).registry, reference.registry);
});

Deno.test({
  name: "references ask for no permission",
  permissions: "none",
  fn() {
    assertEquals(formatReference(parseReference("a:1")), "index.docker.io/library/a:1");
  },
});
