import { assertEquals, assertRejects } from "@std/assert";
import { AlreadyExistsError, FileError, NotFoundError } from "../../lib/errors.ts";
import { copyOut } from "../../lib/inspect/copy_out.ts";
import { ImageFiles } from "../../lib/inspect/image_files.ts";
import type { Image } from "../../lib/image/image.ts";
import { whiteout } from "../../lib/layer/whiteout.ts";
import { createLayout } from "../../lib/layout/open_layout.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { describeTree } from "../support/describe_tree.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const IMAGE = makeImage([
  [
    { path: "etc", type: "directory", mode: 0o750, mtime: 1_500_000_000 },
    { path: "etc/motd", content: "ahoy", mode: 0o640, mtime: 1_500_000_001 },
    { path: "etc/again", type: "hardlink", linkName: "etc/motd" },
    { path: "etc/tool", content: "#!", mode: 0o6755 },
    { path: "etc/out", type: "symlink", linkName: "../../../../tmp" },
    { path: "etc/gone", content: "gone" },
    { path: "etc/deep/er", content: "x".repeat(3_000_000) },
    { path: "etc/pipe", type: "fifo" },
    { path: "link", type: "symlink", linkName: "etc/motd" },
  ],
  [whiteout("etc/gone"), { path: "etc/new", content: "new" }],
]);

async function copyFrom(image: Image, path: string, destination: string) {
  await using files = new ImageFiles(image);
  return await copyOut(files, path, destination);
}

Deno.test("copyOut() copies a directory with modes, times, links and nothing removed", async () => {
  await using dir = await tempDir();
  const copied = await copyFrom(IMAGE, "/etc", dir.join("out"));
  assertEquals(copied, {
    ...{ path: dir.join("out"), files: 5, directories: 2, links: 1, bytes: 3_000_009 },
    skipped: ["/etc/pipe"],
  });
  const tree = await describeTree(dir.join("out"));
  const lines = tree.map(({ path, mode, linkTo = "", target = "" }) =>
    `${path} ${mode} ${linkTo}${target}`
  );
  assertEquals(lines, [
    ". 750 ",
    "again 640 ",
    "deep 755 ",
    "deep/er 644 ",
    "motd 640 again",
    "new 644 ",
    "out 777 ../../../../tmp",
    "tool 755 ",
  ]);
  assertEquals(tree[0]?.mtime, 1_500_000_000);
  assertEquals(await Deno.readTextFile(dir.join("out/motd")), "ahoy");
});

Deno.test("copyOut() copies a file, through a link, to a path or into a directory", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(dir.join("into"));
  assertEquals((await copyFrom(IMAGE, "/link", dir.join("copy"))).path, dir.join("copy"));
  assertEquals((await copyFrom(IMAGE, "link", dir.join("into/"))).path, dir.join("into/link"));
  assertEquals(await Deno.readTextFile(dir.join("copy")), "ahoy");
  assertEquals(await Deno.readTextFile(dir.join("into/link")), "ahoy");
  assertEquals((await copyFrom(IMAGE, "etc/new", dir.join("copy"))).bytes, 3);
  assertEquals(await Deno.readTextFile(dir.join("copy")), "new");
});

Deno.test("copyOut() does not write through a link that lies at its destination", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("victim"), "mine");
  await Deno.symlink("victim", dir.join("copy"));
  await copyFrom(IMAGE, "/etc/motd", dir.join("copy"));
  assertEquals(await Deno.readTextFile(dir.join("victim")), "mine");
  assertEquals(await Deno.readTextFile(dir.join("copy")), "ahoy");
});

Deno.test("copyOut() writes nothing through the links of an image", async () => {
  await using dir = await tempDir();
  const hostile = makeImage([
    [{ path: "d/escape", type: "symlink", linkName: dir.join("victim") }],
    [{ path: "d/escape/file", content: "evil" }],
  ]);
  await Deno.mkdir(dir.join("victim"));
  await copyFrom(hostile, "/d", dir.join("out"));
  assertEquals(await Array.fromAsync(Deno.readDir(dir.join("victim"))), []);
});

Deno.test("copyOut() leaves nothing behind when it fails", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(dir.join("there"));
  await Deno.mkdir(dir.join("there/etc"));
  const list = async () => (await Array.fromAsync(Deno.readDir(dir.path))).map(({ name }) => name);
  await assertRejects(() => copyFrom(IMAGE, "/etc", dir.join("there")), AlreadyExistsError);
  await assertRejects(() => copyFrom(IMAGE, "/nope", dir.join("out")), NotFoundError);
  await assertRejects(() => copyFrom(IMAGE, "/etc/pipe", dir.join("out")), FileError, "a fifo");
  await assertRejects(() => copyFrom(IMAGE, "/etc/motd", dir.join("none/")), FileError);
  assertEquals(await list(), ["there"]);
});

peerTest("what copyOut() writes is what umoci unpacks", { needs: ["umoci"] }, async () => {
  await using dir = await tempDir();
  {
    await using layout = await createLayout(dir.join("layout"));
    await copy(IMAGE, layout, { names: ["v1"] });
    await layout.commit();
  }
  const image = `${dir.join("layout")}:v1`;
  await runOk("umoci", ["raw", "unpack", "--rootless", "--image", image, dir.join("umoci")]);
  await copyFrom(IMAGE, "/", dir.join("davit"));
  const strip = async (path: string) =>
    (await describeTree(path)).filter(({ type, path: at }) => type !== "fifo" && at !== ".")
      .map(({ path: at, type, size, sha256, target, linkTo, mode }) => ({
        ...{ at, type, size, sha256, target, linkTo },
        mode: at === "etc/tool" ? "755" : mode, // set-uid stays in the image
      }));
  assertEquals(await strip(dir.join("davit")), await strip(dir.join("umoci")));
});
