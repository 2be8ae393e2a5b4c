import { assertEquals, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, type World } from "./world.ts";

const APP = makeImage([[{ path: "a", content: "a" }]]);

/** A layout with one image, `v1`, and an archive of it. */
async function writeLayout(world: World): Promise<string> {
  await world.push("app:v1", APP);
  const image = `${world.registry}/app:v1`;
  await runDavitOk(["pull", image, `${world.dir}/app.tar`]);
  await runDavitOk(["pull", "--format=oci", image, `${world.dir}/layout`]);
  return `oci:${world.dir}/layout`;
}

Deno.test("ls lists the names of layouts and archives", async () => {
  await using world = await openWorld();
  const layout = await writeLayout(world);
  const lines = async (...words: string[]) => (await runDavitOk(["ls", ...words])).stdout;
  assertEquals(await lines(layout), "v1\n");
  assertEquals(await lines(`${world.dir}/layout`), "v1\n");
  assertEquals(await lines("--full-ref", layout), `${layout}:v1\n`);
  assertEquals(await lines(`docker-archive:${world.dir}/app.tar`), `${world.registry}/app:v1\n`);
  assertEquals(await lines(`oci-archive:${world.dir}/app.tar`), "v1\n");
  const data = { kind: "oci", path: `${world.dir}/layout`, tag: "v1" };
  assertEquals(JSON.parse(await lines("--json", layout)), data);
  assertEquals((await runDavit(["ls", `oci:${world.dir}/nope`])).code, 3);
});

Deno.test("tag and delete change the names of a layout", async () => {
  await using world = await openWorld();
  const layout = await writeLayout(world);
  const { stdout } = await runDavitOk(["tag", `${layout}:v1`, "stable"]);
  assertEquals(stdout, `${layout}:stable\n`);
  assertEquals((await runDavitOk(["ls", layout])).stdout, "v1\nstable\n");
  const { stdout: digest } = await runDavitOk(["digest", `${layout}:v1`]);
  assertEquals((await runDavitOk(["digest", `${layout}:stable`])).stdout, digest);
  const deleted = await runDavitOk(["delete", `${layout}:v1`]);
  assertEquals(deleted.stdout, `deleted the tag ${layout}:v1; its blobs stay\n`);
  assertEquals((await runDavitOk(["ls", layout])).stdout, "stable\n");
  assertEquals((await runDavitOk(["digest", `${layout}:stable`])).stdout, digest);
  assertEquals((await runDavit(["delete", `${layout}:v1`])).code, 3);
  const json = await runDavitOk(["delete", "--json", `${layout}:${digest.trim()}`]);
  assertEquals(JSON.parse(json.stdout).deleted, "manifest");
  assertEquals((await runDavitOk(["ls", layout])).stdout, "");
});

for (
  const { words, says } of [
    { words: "tag docker-archive:DIR/app.tar v2", says: "an archive is written as a whole" },
    { words: "delete oci-archive:DIR/app.tar:v1", says: "an archive is written as a whole" },
    { words: "delete oci:DIR/layout", says: "oci:DIR/layout:NAME" },
    { words: "tag DIR/layout v2", says: "oci:DIR/layout:NAME" },
    { words: "delete docker-daemon:app", says: "docker rmi" },
    { words: "delete oci-achive:x", says: 'did you mean "oci-archive:x"?' },
    { words: "ls docker-daemon:app", says: "docker image ls" },
    { words: "ls 127.0.0.1:5000", says: '"davit catalog 127.0.0.1:5000"' },
    { words: "ls localhost:5000/", says: '"davit catalog localhost:5000"' },
    { words: "catalog 127.0.0.1:5000/app", says: '"davit ls 127.0.0.1:5000/app"' },
    { words: "catalog oci:layout", says: '"davit ls oci:layout"' },
  ]
) {
  Deno.test(`davit ${words} exits 2, changes nothing and says what does`, async () => {
    await using world = await openWorld();
    const layout = await writeLayout(world);
    const { code, stdout, stderr } = await runDavit(words.replace("DIR", world.dir).split(" "));
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, says.replace("DIR", world.dir));
    assertEquals((await runDavitOk(["ls", layout])).stdout, "v1\n");
  });
}

for (const words of [["ls", "app.tar"], ["config", "app.tar"]]) {
  Deno.test(`davit ${words.join(" ")} says how a local archive is named`, async () => {
    await using world = await openWorld();
    const rules = "registries: [{ prefix: docker.io, blocked: true }]\n"; // nothing goes out
    const file = await world.write("registries.yaml", rules);
    const { code, stderr } = await runDavit([...words, "--registries-config", file]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, 'for the local one, write "./app.tar"\n');
  });
}
