import { assertEquals, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, twoPlatforms, type World } from "./world.ts";

/** A layout with an index `both`, and what is left of an image that was called so before. */
async function makeLayout(world: World): Promise<string> {
  const layout = `${world.dir}/layout`;
  await world.push("old:v1", makeImage([[{ path: "old" }]]));
  await world.push("both:v1", twoPlatforms());
  for (const name of ["old", "both"]) {
    await runDavitOk(["copy", `${world.registry}/${name}:v1`, `oci:${layout}:both`]);
  }
  return layout;
}

async function blobsOf(layout: string): Promise<string[]> {
  const names = [];
  for await (const { name } of Deno.readDir(`${layout}/blobs/sha256`)) names.push(name);
  return names.sort();
}

Deno.test("layout gc removes what was replaced, and keeps what an index needs", async () => {
  await using world = await openWorld();
  const layout = await makeLayout(world);
  const before = await blobsOf(layout);
  const planned = await runDavitOk(["layout", "gc", "--dry-run", layout]);
  assertStringIncludes(planned.stderr, "would remove 3 blobs");
  assertEquals(await blobsOf(layout), before);
  const { stdout } = await runDavitOk(["layout", "gc", "--json", layout]);
  const removed = stdout.trim().split("\n").map((line) => JSON.parse(line).digest.slice(7));
  assertEquals([...await blobsOf(layout), ...removed].sort(), before);
  await runDavitOk(["validate", `oci:${layout}:both`]);
  assertStringIncludes((await runDavitOk(["layout", "gc", layout])).stderr, "removed 0 blobs");
});

Deno.test("layout gc removes nothing when it cannot tell what is needed", async () => {
  await using world = await openWorld();
  const layout = await makeLayout(world);
  const before = await blobsOf(layout);
  const index = await Deno.readTextFile(`${layout}/index.json`);
  const unknown = index.replace(
    '"application/vnd.oci.image.index.v1+json","digest"',
    '"x/y+json","digest"',
  );
  for (const text of [unknown, "{}", index.replace("sha256:", "sha256:f")]) {
    await Deno.writeTextFile(`${layout}/index.json`, text === "{}" ? "[]" : text);
    const { code } = await runDavit(["layout", "gc", layout]);
    assertEquals([code, await blobsOf(layout)], [1, before]);
  }
  assertEquals((await runDavit(["layout", "gc", `${world.dir}/nothing`])).code, 3);
});
