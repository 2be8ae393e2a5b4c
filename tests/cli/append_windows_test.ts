import { zstdCompressSync } from "node:zlib";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createIndex } from "../../lib/image/create_index.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, type World } from "./world.ts";

async function writeSite(world: World): Promise<void> {
  await world.write("site/index.html", "<h1>ahoy</h1>");
  await world.write("site/sub/page.html", "page");
  await runOk("tar", ["cf", "site.tar", "-C", "site", "."], { cwd: world.dir });
  await world.write("site.tar.zst", zstdCompressSync(await Deno.readFile(`${world.dir}/site.tar`)));
}

/** Pushes `base:v1`, an index for Linux and Windows. */
async function pushBoth(world: World): Promise<void> {
  const platforms = ["linux/amd64", "windows/amd64"];
  const images = platforms.map((platform) => ({ image: makeImage([], { platform }) }));
  await world.push("base:v1", createIndex(images));
}

async function listOf(name: string, platform: string): Promise<string[]> {
  const { bytes } = await runDavitOk(["export", "--platform", platform, name]);
  const { stdout } = await runOk("tar", ["t"], { stdin: bytes });
  return stdout.trim().split("\n").map((path) => path.replace(/^\.\//, "")).sort();
}

Deno.test("append on an index gives images for Windows the form that Windows unpacks", async () => {
  await using world = await openWorld();
  await writeSite(world);
  await pushBoth(world);
  const words = ["append", "-b", `${world.registry}/base:v1`, "-t", `${world.registry}/site:v1`];
  await runDavitOk([...words, "-f", `${world.dir}/site.tar.zst`]);
  const list = (platform: string) => listOf(`${world.registry}/site:v1`, platform);
  const onWindows = await list("windows/amd64");
  assertEquals(onWindows.filter((path) => path.endsWith("l")), [
    "Files/index.html",
    "Files/sub/page.html",
  ]);
  assert(onWindows.includes("Hives/"));
  assert((await list("linux/amd64")).includes("index.html"));
  const question = ["manifest", `${world.registry}/site:v1`, "--platform", "windows/amd64"];
  const { layers } = JSON.parse((await runDavitOk(question)).stdout);
  assertEquals(layers[0].mediaType, MEDIA_TYPE.ociLayerZstd);
});

Deno.test("append takes standard input onto images for Windows, or for others, not for both", async () => {
  await using world = await openWorld();
  await writeSite(world);
  await pushBoth(world);
  const stdin = await Deno.readFile(`${world.dir}/site.tar`);
  const words = ["append", "-b", `${world.registry}/base:v1`, "-f", "-"];
  const target = `${world.registry}/site:v1`;
  const { code, stderr } = await runDavit([...words, "-t", target], { stdin });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "for Windows and for others");
  for (const output of [[], ["-o", `oci:${world.dir}/layout`]]) {
    await runDavitOk([...words, "-t", target, "--only", "windows", ...output], { stdin });
  }
  const filed = await runDavitOk(["digest", `oci:${world.dir}/layout:v1`]);
  assertEquals((await runDavitOk(["digest", target])).stdout, filed.stdout);
});
