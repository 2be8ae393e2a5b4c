import { assertEquals, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, type World } from "./world.ts";

const APP = makeImage([[{ path: "a", content: "a" }]]);

function rules({ registry }: World): string {
  return `registries:
  - prefix: docker.io
    mirrors:
      - location: ${registry}/hub
  - prefix: blocked.example
    blocked: true
`;
}

const WAYS: readonly {
  readonly how: string;
  readonly path: string;
  readonly words: (path: string) => readonly string[];
  readonly env: (dir: string) => Readonly<Record<string, string>>;
}[] = [
  {
    how: "--registries-config",
    path: "rules.yaml",
    words: (path) => ["--registries-config", path],
    env: () => ({}),
  },
  {
    how: "DAVIT_REGISTRIES_CONFIG",
    path: "rules.yaml",
    words: () => [],
    env: (dir) => ({ DAVIT_REGISTRIES_CONFIG: `${dir}/rules.yaml` }),
  },
  {
    how: "XDG_CONFIG_HOME",
    path: "settings/davit/registries.yaml",
    words: () => [],
    env: (dir) => ({ XDG_CONFIG_HOME: `${dir}/settings` }),
  },
  {
    how: "the home directory",
    path: ".config/davit/registries.yaml",
    words: () => [],
    env: (dir) => ({ HOME: dir }),
  },
];

for (const { how, path, words, env } of WAYS) {
  Deno.test(`images are read through the mirrors that ${how} names`, async () => {
    await using world = await openWorld();
    const digest = await world.push("hub/library/app:v1", APP);
    const file = await world.write(path, rules(world));
    const place = `oci:${world.dir}/layout:v1`;
    const { stdout } = await runDavitOk([...words(file), "copy", "app:v1", place], {
      env: env(world.dir),
    });
    assertEquals(stdout, `${digest}\n`);
  });
}

Deno.test("what the rules block is neither read nor written", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  const file = await world.write("rules.yaml", rules(world));
  const run = (...words: string[]) => runDavit(["--registries-config", file, ...words]);
  const read = await run("digest", "blocked.example/app");
  const written = await run("copy", `${world.registry}/app:v1`, "blocked.example/app");
  for (const { code, stderr } of [read, written]) {
    assertEquals(code, 1);
    assertStringIncludes(stderr, 'the registries\' config blocks "blocked.example"');
  }
});

const BROKEN: readonly { readonly text: string; readonly says: string }[] = [
  { text: "registries: 5\n", says: 'rules.yaml:1:13: "registries": expected a list' },
  { text: "mirrors: []\n", says: "rules.yaml:1:1: " },
  {
    text: "registries:\n- prefix: 'a b'\n",
    says: 'rules.yaml:2:11: "registries.0.prefix": expected HOST',
  },
  {
    text: "registries:\n- prefix: a.example\n  mirror: x\n",
    says: 'rules.yaml:3:3: "registries.0": there is no key "mirror" here, but prefix, location',
  },
  {
    text: "registries:\n- prefix: a.example\n  mirrors: [{ location: b.example, pull: never }]\n",
    says: '"registries.0.mirrors.0.pull"',
  },
  {
    text: "registries:\n- prefix: a.example\n  mirrors: ['https://b.example']\n",
    says: '"registries.0.mirrors.0.location": expected HOST[:PORT][/PATH]',
  },
];

for (const { text, says } of BROKEN) {
  Deno.test(`a registries' config ${JSON.stringify(text)} is refused, and says where`, async () => {
    await using world = await openWorld();
    const file = await world.write("rules.yaml", text);
    const { code, stderr } = await runDavit(["--registries-config", file, "digest", "a.example/b"]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, says);
  });
}

Deno.test("a registries' config that was named has to be there", async () => {
  const words = ["digest", "a.example/b", "--registries-config", "/nowhere/rules.yaml"];
  const { code, stderr } = await runDavit(words);
  assertEquals(code, 3);
  assertStringIncludes(stderr, 'Cannot find file "/nowhere/rules.yaml"');
});
