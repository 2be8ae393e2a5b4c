import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { specJsonSchema } from "../../lib/compose/json_schema.ts";
import { parseSpec } from "../../lib/compose/parse_spec.ts";
import { SpecError } from "../../lib/errors.ts";

Deno.test("parseSpec() reads every kind of layer", async () => {
  const spec = await parseSpec(`
from: nginx:alpine
layers:
  - remove: usr/share/nginx/html
  - copy: site
    to: /usr/share/nginx/html
    owner: "101:101"
    mode: "0644"
    ignore: ["*.map"]
  - tar: extra.tar.gz
  - files:
      etc/motd: ahoy
config:
  env: { PORT: "8080" }
  ports: [8080, 53/udp]
platforms: [linux/amd64, linux/arm64]
tags: [registry.example/site:v1]
outputs: [oci:build]
`);
  assertEquals(spec.layers?.length, 4);
  assertEquals(spec.config?.ports, [8080, "53/udp"]);
  assertEquals(spec.outputs, ["oci:build"]);
});

Deno.test("parseSpec() reads JSON", async () => {
  assertEquals(await parseSpec('{"from": "scratch"}', "davit.json"), { from: "scratch" });
});

const BROKEN: readonly {
  readonly why: string;
  readonly text: string;
  readonly says: readonly string[];
}[] = [
  { why: "no YAML", text: "from: [", says: ["davit.yaml:1:"] },
  { why: "an empty file", text: "", says: ["davit.yaml: ", "expected a mapping, got nothing"] },
  { why: "no base", text: "tags: []\n", says: ['"from"', "expected a string, got nothing"] },
  {
    why: "an unknown key",
    text: "from: a\nlayer: []\n",
    says: ["davit.yaml:2:1: ", 'no key "layer" here, but from, layers, config, '],
  },
  {
    why: "an unknown kind of layer",
    text: "from: a\nlayers:\n  - add: x\n",
    says: ["davit.yaml:3:", "remove, copy, tar, files"],
  },
  {
    why: "an unknown key of a layer",
    text: "from: a\nlayers:\n  - copy: x\n    into: /y\n",
    says: ["davit.yaml:4:5: ", '"layers.0"', 'no key "into" here, but copy, to, owner'],
  },
  {
    why: "an unknown key of the config",
    text: "from: a\nconfig:\n  command: [x]\n",
    says: ["davit.yaml:3:3: ", '"config"', 'no key "command" here, but entrypoint, cmd'],
  },
  {
    why: "a number for a string",
    text: "from: a\nlayers:\n  - copy: x\n    mode: 0755\n",
    says: ["davit.yaml:4:11: ", '"layers.0.mode"', "a string, got a number; put it in quotes"],
  },
  {
    why: "a string for a list",
    text: "from: a\nconfig:\n  cmd: sh\n",
    says: ["davit.yaml:3:8: ", '"config.cmd"', "a list, got a string; put it in brackets"],
  },
  {
    why: "a list for a mapping",
    text: "from: a\nconfig:\n  env: [A=b]\n",
    says: ["davit.yaml:3:8: ", '"config.env"', "a mapping, got a list"],
  },
  {
    why: "a layer that is none of several types",
    text: "from: a\nlayers:\n  - remove: 5\n",
    says: ['"layers.0.remove"', "a string or a list, got a number; put it in quotes"],
  },
  {
    why: "a path of several that leads out of the image",
    text: "from: a\nlayers:\n  - remove: [a, ../b]\n",
    says: ["davit.yaml:3:17: ", '"layers.0.remove.1"', 'without ".."'],
  },
  {
    why: "a relative destination",
    text: "from: a\nlayers:\n  - copy: x\n    to: y\n",
    says: ["davit.yaml:4:", '"layers.0.to"', "absolute path"],
  },
  {
    why: "an owner by name",
    text: "from: a\nlayers:\n  - copy: x\n    owner: nobody\n",
    says: ["davit.yaml:4:", "UID:GID"],
  },
  { why: "a level out of range", text: "from: a\nlevel: 10\n", says: ["davit.yaml:2:", '"level"'] },
  { why: "a duplicate key", text: "from: a\nfrom: b\n", says: ["davit.yaml:2:", "unique"] },
];

for (const { why, text, says } of BROKEN) {
  Deno.test(`parseSpec() refuses ${why}, and says where`, async () => {
    const { message } = await assertRejects(() => parseSpec(text), SpecError);
    for (const part of says) assertStringIncludes(message, part);
    assertEquals(message.includes("\n"), false, message);
  });
}

Deno.test("specJsonSchema() describes layers for editors", async () => {
  const text = JSON.stringify(await specJsonSchema());
  for (const key of ["remove", "copy", "tar", "files"]) assertStringIncludes(text, `"${key}"`);
});
