import { assertEquals, assertThrows } from "@std/assert";
import { DocumentError } from "../../lib/errors.ts";
import { Roots } from "../../lib/layout/roots.ts";
import { ANNOTATION } from "../../lib/oci/annotations.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";

const KEEP = { keepNameless: true };
const DROP = { keepNameless: false };
const [A, B, C] = ["a", "b", "c"].map(descriptorOf) as [Descriptor, Descriptor, Descriptor];

function descriptorOf(hex: string): Descriptor {
  return { mediaType: MEDIA_TYPE.ociManifest, digest: `sha256:${hex.repeat(64)}`, size: 1 };
}

function show(roots: Roots): readonly string[] {
  return [...roots].map(({ name, descriptor }) => `${descriptor.digest[7]}=${name ?? ""}`);
}

const PRETTY = `{
  "schemaVersion": 2,
  "x-before": 1.00,
  "manifests": [
    {
      "mediaType": "${MEDIA_TYPE.ociManifest}",
      "size": 1e0, "x-unknown": 12345678901234567890,
      "digest": "${A.digest}",
      "annotations": {"z": "1", "${ANNOTATION.refName}": "v1"}
    },
    {"mediaType": "text/plain", "digest": "${B.digest}", "size": 1}
  ],
  "annotations": {"kept": "yes"}
}
`;

Deno.test("an index that is not edited keeps every byte", () => {
  assertEquals(Roots.parse(PRETTY).format(), PRETTY);
  assertEquals(Roots.parse(PRETTY).with(B, [], KEEP).format(), PRETTY);
  assertEquals(Roots.parse(PRETTY).with(A, ["v1"], KEEP).format(), PRETTY);
});

Deno.test("an edit keeps what it does not touch: unknown fields, numbers, other entries", () => {
  const edited = Roots.parse(PRETTY).with(C, ["v2"], DROP).format();
  assertEquals(edited.startsWith(PRETTY.slice(0, PRETTY.indexOf('"size": 1}') + 10)), true);
  assertEquals(edited.endsWith(PRETTY.slice(PRETTY.lastIndexOf("\n  ]"))), true);
  assertEquals(show(Roots.parse(edited)), ["a=v1", "b=", "c=v2"]);
});

Deno.test("a renamed entry keeps its unknown fields", () => {
  const text = Roots.parse(PRETTY).with(C, ["v1"], KEEP).format();
  assertEquals(text.includes('"x-unknown": 12345678901234567890'), true);
  assertEquals(text.includes('"annotations": {"z": "1"}'), true);
  assertEquals(show(Roots.parse(text)), ["a=", "b=", "c=v1"]);
});

Deno.test.each([
  { why: "a first name", edit: (roots: Roots) => roots.with(A, ["v1"], DROP), is: ["a=v1"] },
  { why: "no name", edit: (roots: Roots) => roots.with(A, [], DROP), is: ["a="] },
  {
    why: "two names",
    edit: (roots: Roots) => roots.with(A, ["v1", "v2"], DROP),
    is: ["a=v1", "a=v2"],
  },
  {
    why: "the same twice",
    edit: (roots: Roots) => roots.with(A, ["v1"], DROP).with(A, ["v1"], DROP),
    is: ["a=v1"],
  },
  {
    why: "a name for what had none",
    edit: (roots: Roots) => roots.with(A, [], DROP).with(A, ["v1"], DROP),
    is: ["a=v1"],
  },
  {
    why: "no name for what has one",
    edit: (roots: Roots) => roots.with(A, ["v1"], DROP).with(A, [], DROP),
    is: ["a=v1"],
  },
  {
    why: "a name that moves",
    edit: (roots: Roots) => roots.with(A, ["v1"], DROP).with(B, ["v1"], DROP),
    is: ["b=v1"],
  },
  {
    why: "a name that moves and leaves something",
    edit: (roots: Roots) => roots.with(A, ["v1"], KEEP).with(B, ["v1"], KEEP),
    is: ["a=", "b=v1"],
  },
  {
    why: "a name that moves from one that has others",
    edit: (roots: Roots) => roots.with(A, ["v1", "v2"], KEEP).with(B, ["v1"], KEEP),
    is: ["a=v2", "b=v1"],
  },
  {
    why: "a name taken away",
    edit: (roots: Roots) => roots.with(A, ["v1"], DROP).withoutName("v1", DROP),
    is: [],
  },
  {
    why: "a name taken away from what stays",
    edit: (roots: Roots) => roots.with(A, ["v1"], KEEP).withoutName("v1", KEEP),
    is: ["a="],
  },
  {
    why: "a digest taken out",
    edit: (roots: Roots) =>
      roots.with(A, ["v1", "v2"], KEEP).with(B, [], KEEP).withoutDigest(A.digest),
    is: ["b="],
  },
])("roots with $why", ({ edit, is }) => {
  const roots = edit(Roots.empty());
  assertEquals(show(roots), is);
  assertEquals(show(Roots.parse(roots.format())), is);
});

Deno.test("names from another place do not come along", () => {
  const annotations = {
    [ANNOTATION.refName]: "theirs",
    [ANNOTATION.containerdImageName]: "docker.io/library/theirs:latest",
    kept: "yes",
  };
  const roots = Roots.empty().with({ ...A, annotations }, ["ours"], DROP);
  assertEquals([...roots].map(({ descriptor }) => descriptor.annotations), [
    { kept: "yes", [ANNOTATION.refName]: "ours" },
  ]);
  assertEquals(roots.named("theirs"), undefined);
});

Deno.test("an entry is found by ref.name, then by the name containerd gave it", () => {
  const full = "docker.io/library/app:v1";
  const text = JSON.stringify({
    schemaVersion: 2,
    manifests: [
      { ...A, annotations: { [ANNOTATION.containerdImageName]: full, [ANNOTATION.refName]: "v1" } },
      { ...B, annotations: { [ANNOTATION.refName]: "v1" } },
    ],
  });
  const roots = Roots.parse(text);
  assertEquals(roots.named("v1")?.descriptor.digest, A.digest);
  assertEquals(roots.named(full)?.descriptor.digest, A.digest);
  assertEquals(roots.named("v2"), undefined);
  assertEquals(roots.of(B.digest)?.name, "v1");
});

Deno.test.each([
  { text: "" },
  { text: "[]" },
  { text: "{}" },
  { text: '{"schemaVersion":1,"manifests":[]}' },
  { text: '{"schemaVersion":2}' },
  { text: '{"schemaVersion":2,"manifests":{}}' },
  { text: '{"schemaVersion":2,"manifests":[{}]}' },
  { text: '{"schemaVersion":2,"manifests":[],"manifests":[]}' },
  { text: '{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"sha256:../x","size":1}]}' },
  {
    text: `{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"${A.digest}","size":-1}]}`,
  },
])("Roots.parse() refuses $text", ({ text }) => {
  assertThrows(() => Roots.parse(text), DocumentError);
});

Deno.test({
  name: "roots ask for no permission, and 5000 of them are edited in no time",
  permissions: "none",
  fn() {
    const many = Array.from({ length: 5000 }, (_, n) => {
      const digest = `sha256:${n.toString(16).padStart(64, "0")}` as const;
      return { ...A, digest, annotations: { [ANNOTATION.refName]: `v${n}` } };
    });
    const text = JSON.stringify({ schemaVersion: 2, manifests: many });
    let roots = Roots.parse(text);
    const start = performance.now();
    for (let n = 0; n < 20; n++) roots = roots.with(B, [`new${n}`], KEEP);
    assertEquals(roots.format().length > text.length, true);
    assertEquals(performance.now() - start < 500, true);
  },
});
