import { assertEquals, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, twoPlatforms } from "./world.ts";

const NEW = makeImage([[{ path: "new", content: "new" }]]);
const OLD = makeImage([[{ path: "old", content: "old" }]]);

for (const place of ["REG/copy:v1", "oci:DIR/layout:v1", "oci-archive:DIR/oci.tar:v1"]) {
  Deno.test(`copy --no-clobber replaces nothing at ${place}, and exits 4`, async () => {
    await using world = await openWorld();
    await world.push("new:v1", NEW);
    const old = await world.push("old:v1", OLD);
    const target = place.replace("REG", world.registry).replace("DIR", world.dir);
    await runDavitOk(["copy", "--no-clobber", `${world.registry}/old:v1`, target]);
    const before = await world.list();
    const { code, stdout, stderr } = await runDavit([
      ...["copy", "-n", `${world.registry}/new:v1`, target],
    ]);
    assertEquals([code, stdout], [4, ""]);
    assertStringIncludes(stderr, "it already exists");
    assertEquals((await runDavitOk(["digest", target])).stdout, `${old}\n`);
    assertEquals(await world.list(), before);
  });
}

Deno.test("copy --no-clobber does not mind other tags", async () => {
  await using world = await openWorld();
  await world.push("old:v1", OLD);
  const digest = await world.push("new:v1", NEW);
  const words = ["copy", "-n", `${world.registry}/new:v1`, `${world.registry}/old:v2`];
  assertEquals((await runDavitOk(words)).stdout, `${digest}\n`);
});

Deno.test("copy --all-tags copies every tag of a repository", async () => {
  await using world = await openWorld();
  const digests = [await world.push("app:v1", OLD), await world.push("app:v2", NEW)];
  const words = ["copy", "-a", `${world.registry}/app`, `${world.registry}/copy`];
  const { stdout } = await runDavitOk(words);
  assertEquals(stdout, digests.map((digest) => `${digest}\n`).join(""));
  assertEquals((await runDavitOk(["ls", `${world.registry}/copy`])).stdout, "v1\nv2\n");
});

Deno.test("copy --all-tags --no-clobber leaves out the tags that are there", async () => {
  await using world = await openWorld();
  await world.push("app:v1", NEW);
  await world.push("app:v2", NEW);
  const old = await world.push("copy:v1", OLD);
  const words = ["copy", "-a", "-n", `${world.registry}/app`, `${world.registry}/copy`];
  const { stderr } = await runDavitOk(words);
  assertEquals(stderr, `left out v1: ${world.registry}/copy:v1 is there\n`);
  assertEquals((await runDavitOk(["digest", `${world.registry}/copy:v1`])).stdout, `${old}\n`);
  assertEquals((await runDavitOk(["ls", `${world.registry}/copy`])).stdout, "v1\nv2\n");
});

Deno.test("copy --all-tags takes one platform's images where one is named", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const flags = ["-a", "--platform", "linux/arm64"];
  await runDavitOk(["copy", ...flags, `${world.registry}/app`, `${world.registry}/copy`]);
  const { stdout } = await runDavitOk(["manifest", `${world.registry}/copy:v1`]);
  assertEquals("layers" in JSON.parse(stdout), true);
});

for (const place of ["REG/app:v1", "oci:DIR/layout"]) {
  Deno.test(`copy --all-tags of ${place} exits 2`, async () => {
    await using world = await openWorld();
    const source = place.replace("REG", world.registry).replace("DIR", world.dir);
    const { code, stderr } = await runDavit(["copy", "-a", source, `${world.registry}/copy`]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, "expected a registry's repository");
    assertEquals(await world.list(), []);
  });
}
