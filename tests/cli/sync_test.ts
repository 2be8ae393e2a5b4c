import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld } from "./world.ts";

const APP = makeImage([[{ path: "a", content: "a" }]]);

Deno.test("sync does what a file says, tells what it did, and what has changed since", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1.2.0", APP);
  await world.push("app:latest", APP);
  const { registry } = world;
  const file = await world.write(
    "sync.yaml",
    `sync:\n- repository: ${registry}/app\n  to: ${registry}/mirror\n  tags: { semver: "1" }\n`,
  );
  const dry = await runDavitOk(["sync", "-f", file, "--dry-run"]);
  assertMatch(dry.stdout, /^copied {4}\S+app:v1.2.0 -> \S+mirror:v1.2.0: \d+ B\ndry run: 1 copied/);
  assertEquals((await runDavitOk(["catalog", registry])).stdout, "app\n");
  const first = await runDavitOk(["sync", "-f", file]);
  assertMatch(first.stdout, /\n1 copied \(\d+ B\), 0 unchanged, 0 deleted, 0 failed\n$/);
  assertEquals((await runDavitOk(["digest", `${registry}/mirror:v1.2.0`])).stdout, `${digest}\n`);
  const again = await runDavitOk(["sync", "-f", file]);
  assertEquals(again.stdout, "0 copied (0 B), 1 unchanged, 0 deleted, 0 failed\n");
  const json = await runDavitOk(["sync", "-f", file, "--json"]);
  const lines = json.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ kind }) => kind), ["image", "total"]);
  assertEquals([lines[0].outcome, lines[0].digest, lines[1].unchanged], ["unchanged", digest, 1]);
});

Deno.test("sync tells what failed, does the rest, and exits 1", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  const { registry } = world;
  const file = await world.write(
    "sync.yaml",
    `sync:
- { image: "${registry}/app:nope", to: "${registry}/mirror:nope" }
- { image: "${registry}/app:v1", to: "${registry}/mirror:v1" }
`,
  );
  const { code, stdout, stderr } = await runDavit(["sync", "-f", file]);
  assertEquals(code, 1);
  assertStringIncludes(stdout, 'mirror:nope: Cannot find tag "nope"');
  assertStringIncludes(stdout, "1 copied");
  assertEquals(stderr, "davit: Cannot sync all: 1 of 2 failed\n");
});

Deno.test("sync of no file exits 3, of a wrong one 2; --schema prints a schema", async () => {
  await using world = await openWorld();
  assertEquals((await runDavit(["sync", "-f", `${world.dir}/nope.yaml`])).code, 3);
  const file = await world.write("sync.yaml", "sync: 5\n");
  const { code, stderr } = await runDavit(["sync", "-f", file]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "sync.yaml:1:7: ");
  const schema = JSON.parse((await runDavitOk(["sync", "--schema"])).stdout);
  assertEquals(Object.keys(schema.properties), ["defaults", "sync"]);
});
