import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { configureImage } from "../../lib/image/configure.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, type World } from "./world.ts";

function base(version: string, platform = "linux/amd64"): Image {
  const image = makeImage([[{ path: "os-release", content: version }]], { platform });
  return configureImage(image, { env: { VERSION: version } });
}

function app(on: Image, path = "app"): Image {
  return appendLayers(on, [layerFromEntries([{ path, content: "app" }])]);
}

function both(make: (platform: string) => Image): View {
  return createIndex(["linux/amd64", "linux/arm64"].map((platform) => ({ image: make(platform) })));
}

async function layersOf(name: string, ...flags: readonly string[]): Promise<string[]> {
  const { stdout } = await runDavitOk(["manifest", name, ...flags]);
  return JSON.parse(stdout).layers.map((layer: { digest: string }) => layer.digest);
}

/** Pushes `base:1`, `base:2` and `app:v1`, which is on the first. */
async function pushStack(world: World): Promise<{ base: string; app: string }> {
  await world.push("base:1", base("1"));
  await world.push("base:2", base("2"));
  await world.push("app:v1", app(base("1")));
  return { base: `${world.registry}/base`, app: `${world.registry}/app:v1` };
}

Deno.test("rebase takes the bases that are named, notes them, and needs no names next time", async () => {
  await using world = await openWorld();
  const names = await pushStack(world);
  const { stdout } = await runDavitOk([
    ...["rebase", names.app, "--old_base", `${names.base}:1`, "--new_base", `${names.base}:2`],
    ...["-t", `${world.registry}/app:v2`],
  ]);
  assertMatch(stdout, /\/app@sha256:[0-9a-f]{64}\n$/);
  const rebased = `${world.registry}/app:v2`;
  assertEquals((await layersOf(rebased))[0], (await layersOf(`${names.base}:2`))[0]);
  const { annotations } = JSON.parse((await runDavitOk(["manifest", rebased])).stdout);
  const { stdout: digest } = await runDavitOk(["digest", `${names.base}:2`]);
  assertEquals(annotations, {
    "org.opencontainers.image.base.name": `${names.base}:2`,
    "org.opencontainers.image.base.digest": digest.trim(),
  });
  await world.push("base:2", base("3"));
  await runDavitOk(["rebase", rebased]);
  assertEquals((await layersOf(rebased))[0], (await layersOf(`${names.base}:2`))[0]);
});

Deno.test("rebase takes crane's former words, --original and --rebased", async () => {
  await using world = await openWorld();
  const names = await pushStack(world);
  const words = ["--old_base", `${names.base}:1`, "--new_base", `${names.base}:2`];
  const rebased = `${world.registry}/app:v2`;
  await runDavitOk(["rebase", "--original", names.app, ...words, "--rebased", rebased]);
  assertEquals((await layersOf(rebased))[0], (await layersOf(`${names.base}:2`))[0]);
  const twice = await runDavit(["rebase", names.app, "--original", names.app, ...words]);
  const never = await runDavit(["rebase", ...words]);
  assertEquals([twice.code, never.code], [2, 2]);
  assertStringIncludes(never.stderr, "expected an image");
});

Deno.test("rebase finds the old base among the new one's tags, by its layers", async () => {
  await using world = await openWorld();
  const names = await pushStack(world);
  const { stderr } = await runDavitOk(["rebase", names.app, "--new-base", `${names.base}:2`]);
  assertStringIncludes(stderr, `the old base is ${names.base}:1`);
  assertEquals((await layersOf(names.app))[0], (await layersOf(`${names.base}:2`))[0]);
});

Deno.test("rebase says when there is no base to be found", async () => {
  await using world = await openWorld();
  const names = await pushStack(world);
  await world.push("other:v1", app(base("7"), "other"));
  const other = `${world.registry}/other:v1`;
  const unknown = await runDavit(["rebase", other, "--new-base", `${names.base}:2`]);
  assertEquals(unknown.code, 3);
  assertStringIncludes(unknown.stderr, "--old-base");
  const unnamed = await runDavit(["rebase", other]);
  assertEquals(unnamed.code, 2);
  assertStringIncludes(unnamed.stderr, "--new-base");
});

Deno.test("rebase of an index rebases each image onto the base for its platform", async () => {
  await using world = await openWorld();
  await world.push("base:1", both((platform) => base("1", platform)));
  await world.push("base:2", both((platform) => base("2", platform)));
  await world.push("app:v1", both((platform) => app(base("1", platform))));
  const [name, bases] = [`${world.registry}/app:v1`, `${world.registry}/base`];
  await runDavitOk(["rebase", name, "--old-base", `${bases}:1`, "--new-base", `${bases}:2`]);
  for (const platform of ["linux/amd64", "linux/arm64"]) {
    const flags = ["--platform", platform];
    assertEquals((await layersOf(name, ...flags))[0], (await layersOf(`${bases}:2`, ...flags))[0]);
  }
  const { manifests } = JSON.parse((await runDavitOk(["manifest", name])).stdout);
  assertEquals(manifests.length, 2);
});

Deno.test("rebase lists what platforms the new base has when one is missing", async () => {
  await using world = await openWorld();
  await world.push("base:1", both((platform) => base("1", platform)));
  await world.push("base:2", base("2"));
  await world.push("app:v1", both((platform) => app(base("1", platform))));
  const bases = `${world.registry}/base`;
  const words = ["--old-base", `${bases}:1`, "--new-base", `${bases}:2`];
  const { code, stderr } = await runDavit(["rebase", `${world.registry}/app:v1`, ...words]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, "linux/amd64");
});

Deno.test("rebase --check prints what both sides changed, exits 1 and writes nothing", async () => {
  await using world = await openWorld();
  const names = await pushStack(world);
  await world.push("app:v1", app(base("1"), "os-release"));
  const before = (await runDavitOk(["digest", names.app])).stdout;
  const words = [
    "rebase",
    names.app,
    "--new-base",
    `${names.base}:2`,
    "--old-base",
    `${names.base}:1`,
  ];
  const { code, stdout } = await runDavit([...words, "--check"]);
  assertEquals(code, 1);
  assertEquals(stdout.split("\n"), [
    "path os-release: changed by the image, changed by the base",
    'config Env.VERSION: "1" became "2" in the base, the image keeps "1"',
    "",
  ]);
  assertEquals((await runDavitOk(["digest", names.app])).stdout, before);
  const json = await runDavit([...words, "--check", "--json"]);
  const [path, config] = json.stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals([path.kind, path.path, config.kind, config.field], [
    "path",
    "os-release",
    "config",
    "Env.VERSION",
  ]);
});

Deno.test("rebase --check is content when nothing meets", async () => {
  await using world = await openWorld();
  const names = await pushStack(world);
  await world.push("base:3", makeImage([[{ path: "os-release", content: "3" }]]));
  await world.push("base:4", makeImage([[{ path: "os-release", content: "4" }]]));
  await world.push("app:v1", app(makeImage([[{ path: "os-release", content: "3" }]])));
  const { stdout } = await runDavitOk([
    ...["rebase", names.app, "--check"],
    ...["--old-base", `${names.base}:3`, "--new-base", `${names.base}:4`],
  ]);
  assert(stdout === "");
});
