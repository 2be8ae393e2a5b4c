import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { freePort } from "../support/listening.ts";
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
  assertMatch(
    dry.stdout,
    /^would copy {3}\S+app:v1.2.0 -> \S+mirror:v1.2.0: \d+ B\ndry run: would copy 1 \(\d+ B\), delete/,
  );
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

Deno.test("sync --dry-run counts once what several images of a repository share", async () => {
  await using world = await openWorld();
  const shared = { path: "a", content: "a".repeat(5000) };
  for (const [position, content] of ["1", "2"].entries()) {
    const image = makeImage([[shared], [{ path: "b", content }]]);
    await world.push(`app:v${position + 1}`, image);
  }
  const { registry } = world;
  const file = await world.write(
    "sync.yaml",
    `sync: [{ repository: ${registry}/app, to: ${registry}/mirror }]`,
  );
  const totalOf = ({ stdout }: { readonly stdout: string }) =>
    JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  const words = ["sync", "-f", file, "--json", "-j1"];
  const planned = totalOf(await runDavitOk([...words, "--dry-run"]));
  assertEquals([planned.dryRun, planned.copied], [true, 2]);
  const done = totalOf(await runDavitOk(words));
  assertEquals(planned.bytes, done.bytes);
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

Deno.test("sync tells once that a registry is down; --verbose and --json of each image", async () => {
  await using world = await openWorld();
  for (const tag of ["v1", "v2", "v3", "v4", "v5"]) await world.push(`app:${tag}`, APP);
  const dead = `127.0.0.1:${freePort()}`;
  const { registry } = world;
  const file = await world.write(
    "sync.yaml",
    `sync: [{ repository: ${registry}/app, to: ${dead}/app }]`,
  );
  const { code, stdout } = await runDavit(["sync", "-f", file]);
  const lines = stdout.trimEnd().split("\n");
  assertEquals([code, lines.length], [1, 3], stdout);
  assertMatch(lines[0] ?? "", /^failed {4}\S+app:v\d -> \S+app:v\d: .*the connection was refused/);
  assertMatch(lines[1] ?? "", /^failed in the same way as \S+ -> \S+: 4 more: .*…; --verbose/);
  assertEquals(lines[2], "0 copied (0 B), 0 unchanged, 0 deleted, 5 failed");
  for (const flag of ["--verbose", "--json"]) {
    const each = await runDavit(["sync", "-f", file, flag]);
    assertEquals(each.stdout.match(/connection was refused/g)?.length, 5);
  }
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
