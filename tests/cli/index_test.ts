import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, twoPlatforms, type World } from "./world.ts";

const ARM = makeImage([[{ path: "etc/motd", content: "ahoy" }]], { platform: "linux/arm/v7" });

/** Runs words in which REG and DIR stand for the world's. */
function runIn(world: World, words: readonly string[]) {
  return runDavit(
    words.map((word) => word.replaceAll("REG", world.registry).replaceAll("DIR", world.dir)),
  );
}

async function listIn(world: World, place: string): Promise<readonly string[]> {
  const { stdout } = await runIn(world, ["index", "list", "--json", place]);
  return stdout.trim().split("\n").map((line) => {
    const { os, architecture, variant } = JSON.parse(line).platform;
    return [os, architecture, variant].filter((part) => part !== undefined).join("/");
  });
}

Deno.test("index append adds in place, and prints the name with the digest", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  await world.push("arm:v1", ARM);
  const { stdout, code } = await runIn(world, [
    "index",
    "append",
    "REG/app:v1",
    "-m",
    "REG/arm:v1",
  ]);
  assertEquals(code, 0);
  const digest = (await runIn(world, ["digest", "REG/app:v1"])).stdout;
  assertEquals(stdout, `${world.registry}/app@${digest}`);
  assertEquals(await listIn(world, "REG/app:v1"), ["linux/amd64", "linux/arm64", "linux/arm/v7"]);
});

Deno.test("index append and create take images from any places to any place", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  await world.push("arm:v1", ARM);
  await runIn(world, ["pull", "REG/arm:v1", "DIR/arm.tar"]);
  await runIn(world, [
    ...["copy", "REG/app:v1", "--platform", "linux/amd64", "oci:DIR/layout:amd"],
  ]);
  for (
    const words of [
      ["index", "append", "-m", "docker-archive:DIR/arm.tar,oci:DIR/layout:amd"],
      ["index", "create", "docker-archive:DIR/arm.tar", "oci:DIR/layout:amd"],
    ]
  ) {
    const { code, stderr } = await runIn(world, [...words, "-t", "oci-archive:DIR/both.tar"]);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(await listIn(world, "oci-archive:DIR/both.tar"), ["linux/arm/v7", "linux/amd64"]);
  }
});

Deno.test("index create annotates, and makes Docker manifest lists", async () => {
  await using world = await openWorld();
  await world.push("arm:v1", ARM);
  await runIn(world, [
    ...[
      "index",
      "create",
      "REG/arm:v1",
      "-t",
      "REG/app:v1",
      "--annotation",
      "team=deck=1",
      "-a",
      "by=ann",
    ],
  ]);
  const index = JSON.parse((await runIn(world, ["manifest", "REG/app:v1"])).stdout);
  assertEquals(index.annotations, { team: "deck=1", by: "ann" });
  await runIn(world, ["index", "create", "--docker", "REG/arm:v1", "-t", "REG/app:v2"]);
  const list = JSON.parse((await runIn(world, ["manifest", "REG/app:v2"])).stdout);
  assertEquals(list.mediaType, "application/vnd.docker.distribution.manifest.list.v2+json");
});

Deno.test("index append --platform takes one image of an index, --no-flatten the index", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", twoPlatforms());
  await runIn(world, [
    ...["index", "append", "--platform", "linux/arm64", "-m", "REG/app:v1", "-t", "REG/app:arm"],
  ]);
  assertEquals(await listIn(world, "REG/app:arm"), ["linux/arm64"]);
  await runIn(world, [
    ...["index", "append", "--flatten=false", "-m", "REG/app:v1", "-t", "REG/app:nested"],
  ]);
  const { stdout } = await runIn(world, ["index", "list", "REG/app:nested"]);
  assertStringIncludes(stdout, digest);
});

Deno.test("index filter keeps, index remove takes away", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  await runIn(world, [
    "index",
    "filter",
    "REG/app:v1",
    "--platform",
    "linux/arm64",
    "-t",
    "REG/b:f",
  ]);
  assertEquals(await listIn(world, "REG/b:f"), ["linux/arm64"]);
  await runIn(world, ["index", "remove", "REG/app:v1", "--platform", "linux/arm64"]);
  assertEquals(await listIn(world, "REG/app:v1"), ["linux/amd64"]);
  await runIn(world, ["index", "filter", "REG/app:v1", "--platform=all", "-t", "REG/b:all"]);
  assertEquals(await listIn(world, "REG/b:all"), ["linux/amd64"]);
});

Deno.test("index list prints a table", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const { stdout } = await runIn(world, ["index", "list", "REG/app:v1"]);
  const [head, ...rows] = stdout.trim().split("\n");
  assertMatch(head ?? "", /^Digest +MediaType +Platform$/);
  assertMatch(rows[1] ?? "", /^sha256:[0-9a-f]{64} {2}application\/vnd\.\S+ {2}linux\/arm64$/);
});

for (
  const { words, code, says } of [
    { words: ["append"], code: 2, says: "expected --tag or a base" },
    { words: ["append", "-t", "REG/app:v2"], code: 2, says: "expected a base or --manifest" },
    {
      words: ["append", "REG/one:v1", "-m", "REG/one:v1"],
      code: 1,
      says: "expected an index, got",
    },
    { words: ["append", "REG/app:nope", "-m", "REG/one:v1"], code: 3, says: "nope" },
    {
      words: ["append", "REG/app:v1", "-m", "REG/one:v1", "-t", "docker-archive:DIR/x.tar"],
      code: 1,
      says: "holds one platform's image",
    },
    { words: ["filter", "REG/app:v1"], code: 2, says: "expected --platform" },
    {
      words: ["filter", "REG/app:v1", "--platform", "linux/s390x"],
      code: 3,
      says: "available: linux/amd64, linux/arm64",
    },
    { words: ["filter", "REG/one:v1", "--platform", "linux"], code: 1, says: "expected an index" },
    { words: ["remove", "REG/app:v1"], code: 2, says: "expected --platform or --digest" },
    {
      words: ["remove", "REG/app:v1", "--platform", "windows"],
      code: 3,
      says: "available: linux/amd64, linux/arm64",
    },
    { words: ["remove", "REG/app:v1", "--platform", "linux"], code: 3, says: "to be left" },
    {
      words: ["create", "REG/one:v1", "-t", "REG/x:y", "--annotation", "a"],
      code: 2,
      says: "KEY=VALUE",
    },
    { words: ["list", "REG/one:v1"], code: 1, says: '/one:v1 -t NAME" makes one' },
  ]
) {
  Deno.test(`index ${words.join(" ")} exits ${code} and changes nothing`, async () => {
    await using world = await openWorld();
    const digest = await world.push("app:v1", twoPlatforms());
    await world.push("one:v1", ARM);
    const result = await runIn(world, ["index", ...words]);
    assertEquals(result.code, code, result.stderr);
    assertEquals(result.stdout, "");
    assertMatch(result.stderr, /^davit: Cannot [^\n]+\n$/);
    assertStringIncludes(result.stderr, says);
    assertEquals(await world.list(), []);
    assertEquals((await runIn(world, ["digest", "REG/app:v1"])).stdout, `${digest}\n`);
  });
}
