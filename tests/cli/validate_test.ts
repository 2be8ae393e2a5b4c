import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Layout } from "../../lib/layout/layout.ts";
import { runDavit } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, twoPlatforms } from "./world.ts";

const APP = makeImage([[{ path: "etc/motd", content: "ahoy" }]]);

Deno.test("validate prints PASS for images of any place, with crane's flags too", async () => {
  await using world = await openWorld();
  const name = `${world.registry}/app:v1`;
  await world.push("app:v1", twoPlatforms());
  await world.push("one:v1", APP);
  await runDavit(["copy", name, `oci:${world.dir}/layout:v1`]);
  await runDavit(["pull", `${world.registry}/one:v1`, `${world.dir}/one.tar`]);
  const { stdout, code } = await runDavit([
    ...["validate", `oci:${world.dir}/layout:v1`, "--remote", name],
    ...["--tarball", `${world.dir}/one.tar`, "--fast"],
  ]);
  const names = [`oci:${world.dir}/layout:v1`, name, `${world.dir}/one.tar`];
  assertEquals([code, stdout], [0, names.map((place) => `PASS: ${place}\n`).join("")]);
});

Deno.test("validate prints FAIL for each problem and exits 1, text or JSON", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  const path = `${world.dir}/layout`;
  await runDavit(["copy", `${world.registry}/app:v1`, `oci:${path}:v1`]);
  await using layout = new Layout(path, true);
  const view = await layout.open("v1");
  if (view.kind !== "image") throw new TypeError("expected an image");
  const [layer] = await view.layers();
  const digest = await layer?.digest() ?? "";
  await Deno.remove(`${path}/blobs/${digest.replace(":", "/")}`);

  const place = `oci:${path}:v1`;
  const { stdout, stderr, code } = await runDavit(["validate", place]);
  assertEquals(code, 1);
  assertMatch(stdout, /^FAIL: oci:\S+: layer 1 of 1: missing: Cannot find [^\n]+\n$/);
  assertStringIncludes(stdout, digest);
  assertEquals(stderr, "davit: Cannot vouch for 1 of 1: see what failed\n");
  const json = JSON.parse((await runDavit(["validate", "--json", place])).stdout);
  assertEquals([json.isValid, json.problems[0].check], [false, "missing"]);
});

Deno.test("validate of an archive or layout with several images checks each, by its name", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  await world.push("other:v2", makeImage([[{ path: "a", content: "a" }]]));
  const images = ["app:v1", "other:v2"].map((name) => `${world.registry}/${name}`);
  const tar = `${world.dir}/both.tar`;
  await runDavit(["pull", ...images, tar]);
  await runDavit(["pull", "--format=oci", ...images, `${world.dir}/layout`]);
  await runDavit(["tag", `oci:${world.dir}/layout:v1`, "again"]);
  for (
    const { place, names } of [
      { place: `${world.dir}/layout`, names: ["v1", "v2"] },
      { place: tar, names: images },
      { place: `docker-archive:${tar}`, names: images },
    ]
  ) {
    const { code, stdout } = await runDavit(["validate", place]);
    assertEquals([code, stdout], [0, names.map((name) => `PASS: ${place}:${name}\n`).join("")]);
  }
  const tarball = await runDavit(["validate", "--tarball", tar]);
  assertEquals([tarball.code, tarball.stdout.match(/PASS/g)?.length], [0, 2]);
});

Deno.test("validate --platform looks at one image", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const { stdout } = await runDavit([
    ...["validate", "--json", "--platform", "linux/arm64", `${world.registry}/app:v1`],
  ]);
  assertEquals(JSON.parse(stdout).images, 1);
});

Deno.test("validate of nothing is a mistake, and of what is not there exits 3", async () => {
  await using world = await openWorld();
  assertEquals((await runDavit(["validate"])).code, 2);
  assertEquals((await runDavit(["validate", `${world.registry}/nope:v1`])).code, 3);
});
