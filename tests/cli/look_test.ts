import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { runOk } from "../support/command.ts";
import { openWorld, twoPlatforms, type World } from "./world.ts";

const APP = makeImage([[{ path: "etc/motd", content: "ahoy" }]], { labels: { team: "deck" } });
const NOTHING = "0".repeat(64);

/** Runs words in which REG and DIR stand for the world's. */
function runIn(world: World, words: readonly string[]) {
  return runDavit(
    words.map((word) => word.replace("REG", world.registry).replace("DIR", world.dir)),
  );
}

Deno.test("tag gives an image another tag and moves nothing", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", APP);
  const { stdout, code } = await runIn(world, ["tag", "REG/app:v1", "stable"]);
  assertEquals([code, stdout], [0, `${world.registry}/app@${digest}\n`]);
  assertEquals((await runIn(world, ["digest", "REG/app:stable"])).stdout, `${digest}\n`);
});

Deno.test("tag takes a digest, and an index whole", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", twoPlatforms());
  await runIn(world, ["tag", `REG/app@${digest}`, "stable"]);
  assertEquals((await runIn(world, ["digest", "REG/app:stable"])).stdout, `${digest}\n`);
});

Deno.test("digest prints a digest alone, or with --full-ref the name", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", APP);
  assertEquals((await runIn(world, ["digest", "REG/app:v1"])).stdout, `${digest}\n`);
  const full = await runIn(world, ["digest", "--full-ref", "REG/app:v1"]);
  assertEquals(full.stdout, `${world.registry}/app@${digest}\n`);
});

Deno.test("digest is of the index, and with --platform of the image", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", twoPlatforms());
  assertEquals((await runIn(world, ["digest", "REG/app:v1"])).stdout, `${digest}\n`);
  assertEquals(
    (await runIn(world, ["digest", "--platform=all", "REG/app:v1"])).stdout,
    `${digest}\n`,
  );
  const { manifests } = JSON.parse((await runIn(world, ["manifest", "REG/app:v1"])).stdout);
  const arm = await runIn(world, ["digest", "--platform", "linux/arm64", "REG/app:v1"]);
  assertEquals(arm.stdout, `${manifests[1].digest}\n`);
});

Deno.test("digest --tarball tells what a push would give", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  await runIn(world, ["pull", "--format=legacy", "REG/app:v1", "DIR/app.tar"]);
  const { stdout } = await runIn(world, ["digest", "--tarball", "DIR/app.tar"]);
  await runIn(world, ["push", "DIR/app.tar", "REG/pushed:v1"]);
  assertEquals(stdout, (await runIn(world, ["digest", "REG/pushed:v1"])).stdout);
});

Deno.test("digest --tarball reads what push does, OCI archives too", async () => {
  await using world = await openWorld();
  const digest = await world.push("app:v1", APP);
  await runIn(world, ["copy", "REG/app:v1", "oci-archive:DIR/app.tar"]);
  const { stdout } = await runIn(world, ["digest", "--tarball", "DIR/app.tar"]);
  assertEquals(stdout, `${digest}\n`);
});

Deno.test("manifest and config print the exact bytes", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  assertEquals((await runIn(world, ["manifest", "REG/app:v1"])).bytes, await APP.manifest());
  assertEquals((await runIn(world, ["config", "REG/app:v1"])).bytes, await APP.config());
});

Deno.test("manifest prints an index; with --platform the image's manifest", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const index = JSON.parse((await runIn(world, ["manifest", "REG/app:v1"])).stdout);
  assertEquals(index.manifests.length, 2);
  const one = await runIn(world, ["manifest", "--platform", "linux/arm64", "REG/app:v1"]);
  assertEquals(JSON.parse(one.stdout).layers.length, 1);
});

Deno.test("config of an index is that of this machine's image, or of --platform's", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const here = await runIn(world, ["config", "REG/app:v1"]);
  assertEquals(JSON.parse(here.stdout).os, "linux");
  const arm = await runIn(world, ["config", "--platform", "linux/arm64", "REG/app:v1"]);
  assertEquals(JSON.parse(arm.stdout).architecture, "arm64");
});

Deno.test("ls lists tags; -O leaves out those of signatures; --full-ref says all", async () => {
  await using world = await openWorld();
  for (const tag of ["v2", "v1", `sha256-${NOTHING}.sig`]) await world.push(`app:${tag}`, APP);
  const all = await runIn(world, ["ls", "REG/app"]);
  assertEquals(all.stdout, `sha256-${NOTHING}.sig\nv1\nv2\n`);
  assertEquals((await runIn(world, ["ls", "-O", "REG/app"])).stdout, "v1\nv2\n");
  const full = await runIn(world, ["ls", "--omit-digest-tags", "--full-ref", "REG/app"]);
  assertEquals(full.stdout, `${world.registry}/app:v1\n${world.registry}/app:v2\n`);
});

Deno.test("catalog lists repositories; --full-ref says all", async () => {
  await using world = await openWorld();
  for (const name of ["b", "a/c"]) await world.push(`${name}:v1`, APP);
  assertEquals((await runIn(world, ["catalog", "REG"])).stdout, "a/c\nb\n");
  const full = await runIn(world, ["catalog", "--full-ref", "REG"]);
  assertEquals(full.stdout, `${world.registry}/a/c\n${world.registry}/b\n`);
});

Deno.test("--json prints one document a line", async () => {
  await using world = await openWorld();
  for (const tag of ["v1", "v2"]) await world.push(`app:${tag}`, APP);
  for (
    const words of [
      ["ls", "--json", "REG/app"],
      ["--json", "catalog", "REG"],
      ["digest", "--json", "REG/app:v1"],
      ["tag", "--json", "REG/app:v1", "v3"],
      ["pull", "--json", "REG/app:v1", "REG/app:v2", "DIR/app.tar"],
      ["push", "--json", "DIR/app.tar:REG/app:v2", "REG/again:v1"],
      ["copy", "--json", "REG/app:v1", "REG/app:v4"],
      ["append", "--json", "--remove", "a", "-t", "REG/app:v5"],
      ["version", "--json"],
      ["ls", "--json", "REG/nope"],
      ["ls", "--json"],
      ["nope", "--json"],
    ]
  ) {
    const { stdout, stderr } = await runIn(world, words);
    assert(stdout + stderr !== "", words.join(" "));
    for (const line of (stdout + stderr).trim().split("\n")) {
      const value = JSON.parse(line);
      assert(typeof value === "object" && value !== null, line);
    }
  }
});

Deno.test("blob writes the bytes that a digest names", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  const { digest } = await APP.configDescriptor();
  const { bytes } = await runIn(world, ["blob", `REG/app@${digest}`]);
  assertEquals(bytes, await APP.config());
});

Deno.test("export writes the merged files to a file, to standard output, from standard input", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  await runIn(world, ["append", "-b", "REG/app:v1", "--remove", "etc/motd", "-t", "REG/app:v2"]);
  await runIn(world, ["export", "REG/app:v1", "DIR/v1.tar"]);
  assertEquals(await world.list(), ["v1.tar"]);
  const { stdout: listed } = await runOk("tar", ["xOf", `${world.dir}/v1.tar`, "etc/motd"]);
  assertEquals(listed, "ahoy");
  for (const words of [["export", "REG/app:v1"], ["export", "REG/app:v1", "-"]]) {
    assertEquals((await runIn(world, words)).bytes, await Deno.readFile(`${world.dir}/v1.tar`));
  }
  const { bytes: merged } = await runIn(world, ["export", "REG/app:v2", "-"]);
  assert(!(await runOk("tar", ["t"], { stdin: merged })).stdout.includes("motd"));
  await runIn(world, ["pull", "REG/app:v1", "DIR/saved.tar"]);
  const stdin = await Deno.readFile(`${world.dir}/saved.tar`);
  const piped = await runDavitOk(["export", "-", "-"], { stdin });
  assertEquals(piped.bytes, await Deno.readFile(`${world.dir}/v1.tar`));
});

Deno.test("export and pull write into a fifo, and through a link, without taking their place", async () => {
  await using world = await openWorld();
  await world.push("app:v1", APP);
  await runOk("mkfifo", [`${world.dir}/fifo`]);
  await world.write("file.tar", "before");
  await Deno.symlink("file.tar", `${world.dir}/link.tar`);
  for (const command of ["export", "pull"]) {
    const listing = runOk("tar", ["tf", `${world.dir}/fifo`]);
    assertEquals((await runIn(world, [command, "REG/app:v1", "DIR/fifo"])).code, 0);
    const { stdout: listed } = await listing;
    assertEquals((await runIn(world, [command, "REG/app:v1", "DIR/link.tar"])).code, 0);
    assertEquals((await runOk("tar", ["tf", `${world.dir}/file.tar`])).stdout, listed);
  }
  assert((await Deno.lstat(`${world.dir}/link.tar`)).isSymlink);
  assert((await Deno.lstat(`${world.dir}/fifo`)).isFifo);
  assertEquals(await world.list(), ["fifo", "file.tar", "link.tar"]);
});

for (
  const { words, code, says } of [
    { words: ["tag", "REG/app:nope", "v2"], code: 3, says: 'Cannot find tag "nope"' },
    { words: ["tag", "REG/app:v1", "no/tag"], code: 2, says: 'Cannot use "no/tag" as a tag' },
    { words: ["tag", "REG/app:v1"], code: 2, says: "expected TAG" },
    { words: ["digest"], code: 2, says: "expected an image" },
    { words: ["digest", "REG/nope:v1"], code: 3, says: "nope" },
    {
      words: ["digest", "--full-ref", "--tarball", "x"],
      code: 2,
      says: "--full-ref with --tarball",
    },
    { words: ["digest", "--tarball", "DIR/nope.tar"], code: 3, says: "nope.tar" },
    { words: ["manifest", "REG/app:nope"], code: 3, says: "nope" },
    { words: ["manifest", `REG/app@sha256:${NOTHING}`], code: 3, says: NOTHING },
    { words: ["config", "--platform", "a/b/c/d", "REG/app:v1"], code: 2, says: "(--platform)" },
    { words: ["ls", "REG/app:v1"], code: 2, says: "expected no tag" },
    { words: ["ls", "REG/nope"], code: 3, says: 'Cannot find repository "nope" in 127' },
    { words: ["catalog"], code: 2, says: "expected REGISTRY" },
    { words: ["catalog", "no registry"], code: 2, says: "no registry" },
    { words: ["blob", "REG/app:v1"], code: 2, says: "expected REPOSITORY@DIGEST" },
    { words: ["blob", `REG/app@sha256:${NOTHING}`], code: 3, says: "Cannot find blob" },
    { words: ["blob", "REG/app@sha256:beef"], code: 2, says: "64 lower-case hex digits" },
    { words: ["export", "REG/app:nope", "DIR/out.tar"], code: 3, says: "nope" },
    { words: ["export", "REG/app:v1", "DIR/no/out.tar"], code: 1, says: "no/out.tar" },
    { words: ["export", "REG/app:v1", "DIR"], code: 1, says: "a directory" },
    { words: ["export", "-", "DIR/out.tar"], code: 1, says: "it is empty" },
  ]
) {
  Deno.test(`${words.join(" ")} exits ${code} with one line and leaves nothing`, async () => {
    await using world = await openWorld();
    await world.push("app:v1", APP);
    const result = await runIn(world, words);
    assertEquals(result.code, code, result.stderr);
    assertEquals(result.stdout, "");
    assertMatch(result.stderr, /^davit: Cannot [^\n]+\n$/);
    assertStringIncludes(result.stderr, says);
    assertEquals(await world.list(), []);
  });
}
