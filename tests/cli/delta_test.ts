import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { makeImage } from "../support/images.ts";
import { openWorld } from "./world.ts";

const BASE = [{ path: "base", content: new Uint8Array(100_000).map((_, at) => at * at >> 3) }];
const OLD = makeImage([BASE, [{ path: "app", content: "1" }]]);
const NEW = makeImage([BASE, [{ path: "app", content: "2" }]]);

Deno.test("copy --have writes a delta that arrives only where the base is", async () => {
  await using world = await openWorld();
  await using other = await serveRegistry();
  await world.push("app:v1", OLD);
  const digest = await world.push("app:v2", NEW);
  const [v1, v2] = [`${world.registry}/app:v1`, `${world.registry}/app:v2`];
  const delta = `oci-archive:${world.dir}/delta.tar`;
  const written = await runDavitOk(["copy", "--have", v1, v2, delta]);
  assertEquals(written.stdout, `${digest}\n`);
  assertStringIncludes(written.stderr, "left out 1 layer (");
  assert((await Deno.stat(`${world.dir}/delta.tar`)).size < 20_000);
  const [base] = await NEW.layers();
  const { stdout: listed } = await runOk("tar", ["tf", `${world.dir}/delta.tar`]);
  assert(!listed.includes((await base?.digest() ?? "").slice(7)));

  const target = `${other.address}/app:v2`;
  const refused = await runDavit(["copy", delta, target]);
  assertEquals([refused.code, refused.stdout], [3, ""]);
  assertStringIncludes(refused.stderr, await base?.digest() ?? "");
  assertEquals((await runDavit(["ls", `${other.address}/app`])).code, 3);

  await runDavitOk(["copy", v1, `${other.address}/app:v1`]);
  assertEquals((await runDavitOk(["copy", delta, target])).stdout, `${digest}\n`);
  assertEquals((await runDavitOk(["validate", target])).stdout, `PASS: ${target}\n`);
});

Deno.test("a delta can be pushed, and goes into a layout that has the base", async () => {
  await using world = await openWorld();
  await world.push("app:v1", OLD);
  await world.push("app:v2", NEW);
  const [v1, v2] = [`${world.registry}/app:v1`, `${world.registry}/app:v2`];
  const path = `${world.dir}/delta.tar`;
  await runDavitOk(["copy", "--have", v1, v2, `oci-archive:${path}:v2`]);
  assertEquals((await runDavit(["push", path, `${world.registry}/empty:v2`])).code, 3);
  assertEquals((await runDavit(["copy", path, `docker-archive:${world.dir}/x.tar`])).code, 3);
  await runDavitOk(["copy", v1, `oci:${world.dir}/layout:v1`]);
  await runDavitOk(["copy", path, `oci:${world.dir}/layout:v2`]);
  await runDavitOk(["validate", `oci:${world.dir}/layout:v2`]);
  assertEquals(await world.list(), ["delta.tar", "layout"]);
});

Deno.test("a delta is for archives and layouts, and --have must be there", async () => {
  await using world = await openWorld();
  await world.push("app:v1", OLD);
  const v1 = `${world.registry}/app:v1`;
  const registry = await runDavit(["copy", "--have", v1, v1, `${world.registry}/app:v3`]);
  assertEquals(registry.code, 2);
  assertStringIncludes(registry.stderr, "expected oci-archive:FILE");
  const all = await runDavit([
    "copy",
    "--all-tags",
    "--have",
    v1,
    v1,
    `oci-archive:${world.dir}/x`,
  ]);
  assertEquals(all.code, 2);
  const nothing = await runDavit([
    ...["copy", "--have", `${world.registry}/app:nope`, v1, `oci-archive:${world.dir}/x.tar`],
  ]);
  assertEquals([nothing.code, await world.list()], [3, []]);
});
