import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { configureImage } from "../../lib/image/configure.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import { runDavit } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, type World } from "./world.ts";

const APP = configureImage(
  makeImage([[{ path: "app", content: "#!", mode: 0o4755 }, { path: "x/.env", content: "a" }]]),
  { entrypoint: ["/app"], user: "1", env: { API_TOKEN: "abc" } },
);

async function lint(world: World, ...words: readonly string[]) {
  await world.push("app:v1", APP);
  return await runDavit(["lint", ...words, `${world.registry}/app:v1`]);
}

Deno.test("lint prints a line for each finding, the worst first, and a sum", async () => {
  await using world = await openWorld();
  const { stdout, stderr, code } = await lint(world);
  assertEquals(code, 1);
  assertEquals(
    stdout,
    "error    secret-env                the variable API_TOKEN has a value\n" +
      "warning  secret-file  /x/.env  #1  files of this name hold secrets\n" +
      "warning  setuid       /app     #1  it runs as its owner\n" +
      "1 error, 2 warnings\n",
  );
  assertMatch(stderr, /^davit: Cannot pass "\S+": found 1 error\n$/);
});

Deno.test("lint fails on what it is told to", async () => {
  await using world = await openWorld();
  assertEquals((await lint(world, "--fail-on", "none")).code, 0);
  assertEquals((await lint(world, "--ignore", "secret-env")).code, 0);
  assertEquals((await lint(world, "--ignore", "secret-env", "--fail-on", "warning")).code, 1);
  const clean = await lint(world, "--ignore", "secret-env,secret-file,setuid", "--fail-on", "note");
  assertEquals([clean.code, clean.stdout], [0, "nothing found\n"]);
});

Deno.test("lint writes one document of JSON or SARIF", async () => {
  await using world = await openWorld();
  for (const flags of [["--json"], ["--format", "json"]]) {
    const { findings } = JSON.parse((await lint(world, ...flags)).stdout);
    assertEquals(findings[0].rule, "secret-env");
  }
  const sarif = JSON.parse((await lint(world, "--format", "sarif")).stdout);
  assertEquals(sarif.runs[0].results.length, 3);
});

Deno.test("lint of an index looks at every platform's image, or at the one that is named", async () => {
  await using world = await openWorld();
  const bad = makeImage([[{ path: "x/.env", content: "a" }]], { platform: "linux/arm64" });
  const good = makeImage([[{ path: "x", content: "x" }]]);
  await world.push("both:v1", createIndex([{ image: good }, { image: bad }]));
  const words = ["lint", `${world.registry}/both:v1`, "--ignore", "root-user,no-command"];
  const { stdout, code } = await runDavit([...words, "--fail-on", "warning"]);
  assertEquals(code, 1);
  assertEquals(
    stdout,
    "linux/arm64  warning  secret-file  /x/.env  #1  files of this name hold secrets\n" +
      "linux/amd64: nothing found\nlinux/arm64: 1 warning\n",
  );
  const named = await runDavit([...words, "--platform", "linux/amd64"]);
  assertEquals([named.code, named.stdout], [0, "nothing found\n"]);
  const lines = (await runDavit([...words, "--json"])).stdout.trim().split("\n");
  assertEquals(lines.map((line) => JSON.parse(line).platform), ["linux/amd64", "linux/arm64"]);
  const sarif = JSON.parse((await runDavit([...words, "--format", "sarif"])).stdout);
  assertEquals(
    // deno-lint-ignore no-explicit-any
    sarif.runs.map(({ automationDetails, results }: any) => [automationDetails.id, results.length]),
    [["davit lint/linux/amd64", 0], ["davit lint/linux/arm64", 1]],
  );
});

Deno.test("lint --rules lists the rules; unknown ones and no image are mistakes", async () => {
  const { stdout, code } = await runDavit(["lint", "--rules"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "secret-content     error    A file holds");
  assertEquals((await runDavit(["lint"])).code, 2);
  assertEquals((await runDavit(["lint", "--ignore", "nope", "x"])).code, 2);
});
