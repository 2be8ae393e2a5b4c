import { assertEquals, assertStringIncludes } from "@std/assert";
import { readTar } from "../../lib/tar/read_tar.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { makeImage } from "../support/images.ts";
import { openWorld, twoPlatforms, type World } from "./world.ts";

async function pushApp(world: World): Promise<string> {
  const xattrs = new Map([["user.note", new Uint8Array([1, 0, 255])]]);
  const file = { path: "etc/motd", content: "ahoy\n", mode: 0o640, uid: 7, gid: 8, xattrs };
  await world.push(
    "app:v1",
    makeImage([[file, { path: "motd", type: "symlink", linkName: "etc/motd" }]]),
  );
  return `${world.registry}/app:v1`;
}

async function read(what: string, ...words: readonly string[]): Promise<string> {
  return (await runDavitOk([what, ...words])).stdout;
}

function withEditor(editor: string) {
  return { isInteractive: true, env: { EDITOR: editor } };
}

Deno.test("edit config takes what is piped in, to the byte", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const config = (await read("config", app)).replace('"os":', '"x": 1.0,\n"os":');
  const { stdout } = await runDavitOk(["edit", "config", app], { stdin: config });
  assertEquals(await read("config", app), config);
  assertStringIncludes(stdout, "/app@sha256:");
});

Deno.test("edit config opens an editor on lines, and leaves one line", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const before = await read("config", app);
  const editor = `sed -i 's/^  "os": "linux",$/  "os": "linux", "author": "Ann",/'`;
  await runDavitOk(["edit", "config", app], withEditor(editor));
  assertEquals(
    await read("config", app),
    before.replace('"os":"linux",', '"os":"linux","author":"Ann",'),
  );
});

Deno.test("edit changes nothing when the editor does not, or fails", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const before = await read("digest", app);
  const { stdout, stderr } = await runDavitOk(["edit", "config", app], withEditor("true"));
  assertEquals([stdout, stderr], ["", "nothing was changed\n"]);
  const failed = await runDavit(["edit", "config", app], withEditor("false"));
  assertEquals(failed.code, 1);
  assertStringIncludes(failed.stderr, '"false" exited 1');
  assertEquals(await read("digest", app), before);
});

Deno.test("edit config says when the result is no config, and refuses what is no JSON", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const refused = await runDavit(["edit", "config", app], { stdin: "{" });
  assertEquals(refused.code, 1);
  const { stderr } = await runDavitOk(["edit", "config", app, "-t", `${world.registry}/app:v2`], {
    stdin: "{}",
  });
  assertStringIncludes(stderr, "no config that an image runs with");
});

Deno.test("edit config of an index wants to know which, and keeps the others", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const app = `${world.registry}/app:v1`;
  const arm = ["--platform", "linux/arm64"];
  const config = (await read("config", app, ...arm)).replace("{", '{"author":"Ann",');
  const { code, stderr } = await runDavit(["edit", "config", app], { stdin: config });
  assertEquals(code, 3);
  assertStringIncludes(stderr, "linux/amd64, linux/arm64");
  await runDavitOk(["edit", "config", app, "--only", "linux/arm64"], { stdin: config });
  assertEquals(await read("config", app, ...arm), config);
  assertEquals(JSON.parse(await read("manifest", app)).manifests.length, 2);
});

Deno.test("edit manifest takes what is piped in, of an image or an index", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const manifest = `${(await read("manifest", app)).replace("{", '{ "x": [1.0],')}\n`;
  await runDavitOk(["edit", "manifest", app], { stdin: manifest });
  assertEquals(await read("manifest", app), manifest);
  await world.push("both:v1", twoPlatforms());
  const both = `${world.registry}/both:v1`;
  const index = (await read("manifest", both)).replace("{", '{"annotations":{"a":"b"},');
  await runDavitOk(["edit", "manifest", both, "-t", `${world.registry}/both:v2`], { stdin: index });
  assertEquals(await read("manifest", `${world.registry}/both:v2`), index);
});

Deno.test("edit manifest takes another media type from the document, or from -m", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  const docker = "application/vnd.docker.distribution.manifest.v2+json";
  const manifest = JSON.parse(await read("manifest", app));
  const { mediaType: _, ...bare } = manifest;
  for (const [stdin, flags] of [[{ ...manifest, mediaType: docker }, []], [bare, ["-m", docker]]]) {
    const words = ["edit", "manifest", app, "-t", `${world.registry}/app:v2`, ...flags];
    await runDavitOk(words, { stdin: JSON.stringify(stdin) });
    const answer = await fetch(`http://${world.registry}/v2/app/manifests/v2`, {
      headers: { accept: docker },
    });
    assertEquals(answer.headers.get("content-type"), docker);
    await answer.body?.cancel();
  }
});

Deno.test("edit fs keeps a file's mode, owner and attributes, and follows links", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  await runDavitOk(["edit", "fs", app, "-f", "/motd"], withEditor("sed -i s/ahoy/hello/"));
  assertEquals((await runDavitOk(["fs", "cat", app, "/etc/motd"])).stdout, "hello\n");
  const { stdout } = await runDavitOk(["fs", "ls", "--json", app, "/etc/motd"]);
  const { mode, uid, gid } = JSON.parse(stdout);
  assertEquals([mode, uid, gid], [0o640, 7, 8]);
  assertEquals(JSON.parse(await read("manifest", app)).layers.length, 2);
  const { bytes } = await runDavitOk(["export", app, "-"]);
  for await (const { header } of readTar(ReadableStream.from([bytes]))) {
    const isFile = header.type === "file";
    assertEquals(header.xattrs?.get("user.note"), isFile ? new Uint8Array([1, 0, 255]) : undefined);
  }
});

Deno.test("edit fs makes a new file, in every image of an index", async () => {
  await using world = await openWorld();
  await world.push("app:v1", twoPlatforms());
  const app = `${world.registry}/app:v1`;
  await runDavitOk(["edit", "fs", app, "--filename", "etc/new"], { stdin: "new" });
  for (const platform of ["linux/amd64", "linux/arm64"]) {
    const words = ["fs", "cat", "--platform", platform, app, "/etc/new"];
    assertEquals((await runDavitOk(words)).stdout, "new");
  }
});

Deno.test("edit fs puts no file in the place of a directory", async () => {
  await using world = await openWorld();
  const app = await pushApp(world);
  for (const path of ["/etc", "/"]) {
    const { code, stderr } = await runDavit(["edit", "fs", app, "-f", path], { stdin: "x" });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "expected a file, got a directory");
  }
});
