import { assertEquals, assertStringIncludes } from "@std/assert";
import { createLayout } from "../../lib/layout/open_layout.ts";
import { copy } from "../../lib/store/copy.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { jsonOf, makeImage } from "../support/images.ts";
import { openWorld, twoPlatforms, type World } from "./world.ts";

const APP = makeImage([[{ path: "a", content: "a" }], [{ path: "b", content: "b" }]]);

interface Total {
  readonly count: number;
  readonly bytes: number;
}

async function plan(words: readonly string[]): Promise<{
  readonly digest: string;
  readonly totals: Readonly<Record<"sent" | "mounted" | "skipped" | "exists", Total>>;
}> {
  return JSON.parse((await runDavitOk(["copy", "--dry-run", "--json", ...words])).stdout);
}

async function sizesOf(world: World, name: string): Promise<readonly number[]> {
  const { bytes } = await runDavitOk(["manifest", `${world.registry}/${name}`]);
  const { config, layers } = jsonOf(bytes);
  return [bytes.length, config.size, ...layers.map(({ size }: { size: number }) => size)];
}

Deno.test("copy --dry-run within a registry mounts layers, sends the rest, and does nothing", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", APP);
  const [manifest = 0, config = 0, ...layers] = await sizesOf(world, "app:v1");
  const words = [`${world.registry}/app:v1`, `${world.registry}/copy:v1`];
  const found = await plan(words);
  assertEquals(found.digest, digest);
  assertEquals(found.totals.mounted, { count: 2, bytes: layers.reduce((a, b) => a + b) });
  assertEquals(found.totals.sent, { count: 2, bytes: manifest + config });
  assertEquals((await runDavitOk(["catalog", world.registry])).stdout, "app\n");
  await runDavitOk(["copy", ...words]);
  const again = await plan(words);
  assertEquals(again.totals.sent, { count: 0, bytes: 0 });
  assertEquals(again.totals.exists, { count: 1, bytes: manifest });
});

Deno.test("copy --dry-run says of each content what would become of it", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", makeImage([[{ path: "a", content: "a" }]]));
  const words = [`${world.registry}/app:v1`, `oci:${world.dir}/layout:v1`];
  const { stdout } = await runDavitOk(["copy", "--dry-run", ...words]);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.length, 4);
  assertStringIncludes(stdout, `send  ${digest} `);
  assertStringIncludes(lines.at(-1) ?? "", `oci:${world.dir}/layout:v1: would send 3 (`);
  assertEquals(await world.list(), []);
});

Deno.test("copy --dry-run knows the size of layers that would be converted", async () => {
  await using world = await openWorld();
  const path = await world.write("in/a", "a".repeat(5000));
  const app = `${world.registry}/app:v1`;
  await runDavitOk([
    "append",
    "--directory",
    path.slice(0, -2),
    "--compression",
    "zstd",
    "-t",
    app,
  ]);
  const words = [app, `docker-archive:${world.dir}/a.tar:app:v1`];
  const { digest } = await plan(words);
  assertEquals(await world.list(), ["in"]);
  assertEquals((await runDavitOk(["copy", ...words])).stdout, `${digest}\n`);
});

Deno.test("copy of several platforms makes an index of them, and says so", async () => {
  await using world = await openWorld();
  const whole = await world.push("app:v1", twoPlatforms());
  const words = ["--platform", "linux/arm64,linux/amd64", `${world.registry}/app:v1`];
  const same = await runDavitOk(["copy", ...words, `${world.registry}/both:v1`]);
  assertEquals([same.stdout, same.stderr], [`${whole}\n`, ""]);
  const third = makeImage([[{ path: "s", content: "s" }]], { platform: "linux/s390x" });
  const { createIndex } = await import("../../lib/image/create_index.ts");
  const images = (await twoPlatforms().children()).flatMap((image) =>
    image.kind === "image" ? [{ image }] : []
  );
  const three = await world.push("three:v1", createIndex([...images, { image: third }]));
  const target = `${world.registry}/two:v1`;
  const { stderr } = await runDavitOk([
    ...["copy", "--platform", "linux/arm64", "--platform", "linux/s390x"],
    ...[`${world.registry}/three:v1`, target],
  ]);
  assertEquals(stderr, `the index is a new one, with linux/arm64, linux/s390x of ${three}\n`);
  const { manifests } = jsonOf((await runDavitOk(["manifest", target])).bytes);
  const names = manifests.map(({ platform }: { platform: { architecture: string } }) =>
    platform.architecture
  );
  assertEquals(names, ["arm64", "s390x"]);
});

Deno.test("copy of several platforms fails when one is missing, or the place holds one only", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const copyTo = (platforms: string, place: string) =>
    runDavit(["copy", "--platform", platforms, `${world.registry}/app:v1`, place]);
  const missing = await copyTo("linux/arm64,linux/s390x", `${world.registry}/copy:v1`);
  assertEquals(missing.code, 3);
  assertStringIncludes(missing.stderr, "linux/s390x: available: linux/amd64, linux/arm64");
  const single = await copyTo("linux/arm64,linux/amd64", `docker-legacy:${world.dir}/a.tar`);
  assertEquals(single.code, 1);
  assertStringIncludes(single.stderr, "it holds single images");
  assertEquals(await world.list(), []);
});

Deno.test("pull and push take several platforms too", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const flags = ["--platform", "linux/arm64,linux/amd64"];
  const layout = `${world.dir}/layout`;
  await runDavitOk(["pull", "--format", "oci", ...flags, `${world.registry}/app:v1`, layout]);
  await runDavitOk(["push", ...flags, layout, `${world.registry}/back:v1`]);
  const { manifests } = jsonOf((await runDavitOk(["manifest", `${world.registry}/back:v1`])).bytes);
  assertEquals(manifests.length, 2);
});

Deno.test("copy --dry-run of a layout leaves the layout as it is", async () => {
  await using world = await openWorld();
  const path = `${world.dir}/layout`;
  await using layout = await createLayout(path);
  await copy(APP, layout, { names: ["v1"] });
  await layout.commit();
  const before = await Deno.readTextFile(`${path}/index.json`);
  await plan([`oci:${path}:v1`, `oci:${path}:v2`]);
  assertEquals(await Deno.readTextFile(`${path}/index.json`), before);
});
