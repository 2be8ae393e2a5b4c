import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, twoPlatforms } from "./world.ts";

const BEFORE = makeImage([[{ path: "etc/motd", content: "ahoy" }]]);
const AFTER = makeImage(
  [[{ path: "etc/motd", content: "sail on" }, { path: "new", content: "" }]],
  {
    labels: { team: "deck" },
  },
);

Deno.test("diff says why, and what, and exits 5", async () => {
  await using world = await openWorld();
  await world.push("app:v1", BEFORE);
  await world.push("app:v2", AFTER);
  const [a, b] = [`${world.registry}/app:v1`, `${world.registry}/app:v2`];
  const { stdout, stderr, code } = await runDavit(["diff", a, b]);
  assertEquals([code, stderr], [5, `davit: "${a}" and "${b}" are different images\n`]);
  assertMatch(stdout, /^A {2}sha256:[0-9a-f]{64} {2}1 layer .*\nB {2}sha256/);
  for (
    const says of [
      "Why the digests differ\n  layer 1: content of 1 entry (etc/motd)",
      "config: config.Labels.team",
      '  + config.Labels.team  "deck"',
      "  ~  /etc/motd  content: 4 B -> 7 B\n  +  /new       0 B\n",
      "1 added, 0 removed, 1 changed",
    ]
  ) assertStringIncludes(stdout, says);
  const json = JSON.parse((await runDavit(["diff", "--json", a, b])).stdout);
  assertEquals(json.images[0].diff.files.length, 2);
});

Deno.test("diff of the same image exits 0, from whatever place", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const [registry, layout] = [`${world.registry}/app:v1`, `oci:${world.dir}/layout:v1`];
  await runDavit(["copy", registry, layout]);
  const { stdout, code } = await runDavit(["diff", registry, layout]);
  assertEquals([code, stdout], [0, "the same index\n"]);
});

Deno.test("diff of indexes tells platforms that one lacks, and --platform chooses one", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const [a, b] = [`${world.registry}/app:v1`, `${world.registry}/app:v2`];
  await runDavit(["index", "filter", a, "--platform", "linux/arm64", "-t", b]);
  const { stdout, code } = await runDavit(["diff", a, b]);
  assertEquals(code, 5);
  assertStringIncludes(stdout, "- linux/amd64\n== linux/arm64\n");
  assertEquals((await runDavit(["diff", "--platform", "linux/arm64", a, b])).code, 0);
});

Deno.test("diff --ignore takes what files may differ in, and nothing else", async () => {
  await using world = await openWorld();
  await world.push("app:v1", BEFORE);
  await world.push("app:v2", AFTER);
  const words = ["diff", `${world.registry}/app:v1`, `${world.registry}/app:v2`];
  const { stdout } = await runDavit([...words, "--ignore", "content,time"]);
  assertStringIncludes(stdout, "1 added, 0 removed, 0 changed");
  assertEquals((await runDavit([...words, "--ignore", "colour"])).code, 2);
  assertEquals((await runDavit(["diff", `${world.registry}/app:v1`])).code, 2);
  assertEquals((await runDavit(["diff", ...words.slice(1, 2), "127.0.0.1:1/x:y"])).code, 1);
});
