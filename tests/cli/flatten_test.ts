import { assertEquals, assertMatch } from "@std/assert";
import { whiteout } from "../../lib/layer/whiteout.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, twoPlatforms, type World } from "./world.ts";

async function documentsOf(name: string, ...flags: readonly string[]) {
  const read = async (what: string) =>
    JSON.parse((await runDavitOk([what, name, ...flags])).stdout);
  return { manifest: await read("manifest"), config: await read("config") };
}

async function pushThree(world: World): Promise<string> {
  const file = (path: string) => ({ path, content: path });
  await world.push("app:v1", makeImage([[file("a")], [file("b")], [whiteout("a"), file("c")]]));
  return `${world.registry}/app:v1`;
}

Deno.test("flatten makes one layer, and the same digest each time", async () => {
  await using world = await openWorld();
  const app = await pushThree(world);
  const { stdout } = await runDavitOk(["flatten", app, "-t", `${world.registry}/app:flat`]);
  assertMatch(stdout, /^127\.0\.0\.1:\d+\/app@sha256:[0-9a-f]{64}\n$/);
  const { manifest, config } = await documentsOf(`${world.registry}/app:flat`);
  assertEquals([manifest.layers.length, config.rootfs.diff_ids.length], [1, 1]);
  assertEquals((await runDavitOk(["flatten", app])).stdout, stdout);
});

Deno.test("flatten takes its time from SOURCE_DATE_EPOCH", async () => {
  await using world = await openWorld();
  const app = await pushThree(world);
  await runDavitOk(["flatten", app], { env: { SOURCE_DATE_EPOCH: "1577934245" } });
  const { config } = await documentsOf(app);
  assertEquals([config.created, config.history[0].created], [
    "2020-01-02T03:04:05Z",
    "2020-01-02T03:04:05Z",
  ]);
});

Deno.test("squash --top makes one layer of the uppermost, in any compression", async () => {
  await using world = await openWorld();
  const app = await pushThree(world);
  const before = await documentsOf(app);
  await runDavitOk(["squash", "--top", "2", "--compression", "zstd", app]);
  const { manifest } = await documentsOf(app);
  assertEquals(manifest.layers[0], before.manifest.layers[0]);
  assertEquals(manifest.layers.length, 2);
  assertMatch(manifest.layers[1].mediaType, /zstd$/);
});

Deno.test("flatten keeps an index and its platforms", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const app = `${world.registry}/app:v1`;
  await runDavitOk(["flatten", app]);
  const { manifest } = await documentsOf(app);
  assertEquals(
    manifest.manifests.map((entry: { platform: { architecture: string } }) =>
      entry.platform.architecture
    ),
    ["amd64", "arm64"],
  );
});

for (const top of ["0", "-1", "x"]) {
  Deno.test(`squash refuses --top=${top}`, async () => {
    assertEquals((await runDavit(["squash", `--top=${top}`, "localhost:1/app"])).code, 2);
  });
}
