import { assertEquals, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld } from "./world.ts";

const APP = makeImage([[{ path: "a", content: "a" }]]);

Deno.test("delete of a tag leaves the manifest and the other tags, and says so", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", APP);
  await world.push("app:v2", APP);
  const { stdout } = await runDavitOk(["delete", `${world.registry}/app:v1`]);
  assertEquals(stdout, `deleted the tag ${world.registry}/app:v1; its manifest stays\n`);
  assertEquals((await runDavitOk(["ls", `${world.registry}/app`])).stdout, "v2\n");
  await runDavitOk(["manifest", `${world.registry}/app@${digest}`]);
});

Deno.test("delete of a digest takes its tags with it, and says so", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", APP);
  await world.push("app:v2", makeImage([[{ path: "b", content: "b" }]]));
  const reference = `${world.registry}/app@${digest}`;
  const { stdout } = await runDavitOk(["delete", "--json", reference]);
  assertEquals(JSON.parse(stdout), { deleted: "manifest", reference });
  assertEquals((await runDavitOk(["ls", `${world.registry}/app`])).stdout, "v2\n");
  assertEquals((await runDavit(["manifest", reference])).code, 3);
});

Deno.test("delete of what is not there exits 3", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  const { code, stderr } = await runDavit(["delete", `${world.registry}/app:nope`]);
  assertEquals(code, 3);
  assertStringIncludes(stderr, 'Cannot find tag "nope"');
});

Deno.test("delete does not guess which of tag and digest is meant", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", APP);
  const { code, stderr } = await runDavit(["delete", `${world.registry}/app:v1@${digest}`]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "expected a tag or a digest, got both");
  assertEquals((await runDavitOk(["ls", `${world.registry}/app`])).stdout, "v1\n");
});
