import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld } from "./world.ts";

const OLD = makeImage([[{ path: "base", content: "1" }]]);
const NEW = makeImage([[{ path: "base", content: "2" }]]);

Deno.test("lock, build --locked and outdated work together", async () => {
  await using world = await openWorld();
  const digest = await world.push("base:v1", OLD);
  const base = `${world.registry}/base:v1`;
  await world.write("davit.yaml", `from: ${base}\ntags: [${world.registry}/app:v1]\n`);

  assertEquals((await runDavitOk(["lock", world.dir])).stdout, `${digest} ${base}\n`);
  assertEquals(await world.list(), ["davit.lock", "davit.yaml"]);
  const { stdout: before } = await runDavitOk(["build", "--locked", world.dir]);
  const current = await runDavit(["outdated", world.dir]);
  assertEquals([current.code, current.stdout], [0, `${base} is what was locked: ${digest}\n`]);

  const moved = await world.push("base:v1", NEW);
  const outdated = await runDavit(["outdated", world.dir]);
  assertEquals(outdated.code, 5);
  assertStringIncludes(
    outdated.stdout,
    `${base} has moved\n  locked  ${digest}\n  now     ${moved}\n`,
  );
  assertStringIncludes(outdated.stdout, "layer 1: changed");
  assertMatch(outdated.stderr, /^davit: 1 of 1 bases moved; /);
  assertEquals((await runDavitOk(["build", "--locked", world.dir])).stdout, before);

  await runDavitOk(["lock", world.dir]);
  assertEquals((await runDavit(["outdated", "--json", world.dir])).code, 0);
});

Deno.test("build --locked without a lock says what to do, and builds nothing", async () => {
  await using world = await openWorld();
  await world.push("base:v1", OLD);
  await world.write(
    "davit.yaml",
    `from: ${world.registry}/base:v1\ntags: [${world.registry}/app:v1]\n`,
  );
  for (const words of [["build", "--locked"], ["outdated"]]) {
    const { code, stderr } = await runDavit([...words, world.dir]);
    assertEquals(code, 3);
    assertStringIncludes(stderr, '"davit lock" writes it');
  }
  assertEquals((await runDavit(["ls", `${world.registry}/app`])).code, 3);
  await world.write("davit.lock", "nonsense");
  assertEquals((await runDavit(["build", "--locked", world.dir])).code, 2);
});

Deno.test("lock of a base that is not there exits 3 and writes nothing", async () => {
  await using world = await openWorld();
  await world.write("davit.yaml", `from: ${world.registry}/nope:v1\ntags: [x]\n`);
  assertEquals((await runDavit(["lock", world.dir])).code, 3);
  assertEquals(await world.list(), ["davit.yaml"]);
});
