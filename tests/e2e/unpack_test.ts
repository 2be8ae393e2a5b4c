import { assertEquals } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { exportImage } from "../../lib/image/export_image.ts";
import type { Image } from "../../lib/image/image.ts";
import { layerFromDirectory } from "../../lib/layer/directory.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { opaque, whiteout } from "../../lib/layer/whiteout.ts";
import { createLayout } from "../../lib/layout/open_layout.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { describeTree } from "../support/describe_tree.ts";
import { peerTest } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { makeTree } from "../support/tree.ts";

const LONG = "a-name-that-does-not-fit-into-a-ustar-header-".repeat(5);

/** A tree with everything that an unpacker could get wrong. */
async function makeRichTree(path: string): Promise<void> {
  await makeTree(path, {
    "bin/tool": { content: "#!/bin/sh\n", mode: 0o4755, mtime: 1_500_000_000 },
    "bin/alias": { symlink: "tool", mtime: 1_500_000_001 },
    "bin/linked": { hardlink: "bin/tool" },
    "etc/absolute": { symlink: "/etc/passwd", mtime: 1_500_000_002 },
    "etc/note": {
      content: "x",
      mode: 0o600,
      mtime: 1_600_000_000,
      xattrs: { "user.note": "davit" },
    },
    "empty": { type: "directory", mode: 0o1777, mtime: 1_400_000_000 },
    "pipe": { type: "fifo", mode: 0o640, mtime: 1_400_000_001 },
    "ünï/é": { content: "text", mtime: 1_400_000_002 },
    [`deep/${LONG}/${LONG}`]: { content: "deep", mtime: 1_400_000_003 },
    "owned": { content: "mine", uid: 1234, gid: 4321, mtime: 1_400_000_004 },
    "big": { content: new Uint8Array(3_000_000).fill(7), mtime: 1_400_000_005 },
    ".": { type: "directory", mode: 0o755, mtime: 1_400_000_006 },
  });
}

/** Unpacks an image by umoci and by GNU tar from our export. */
async function unpack(image: Image, dir: TempDir): Promise<{ umoci: string; tar: string }> {
  {
    await using layout = await createLayout(dir.join("layout"));
    await copy(image, layout, { names: ["v1"] });
    await layout.commit();
  }
  const image1 = `${dir.join("layout")}:v1`;
  await runOk("umoci", ["raw", "unpack", "--image", image1, dir.join("umoci")]);
  await Deno.mkdir(dir.join("tar"));
  const args = [
    "-x",
    "-p",
    "--numeric-owner",
    "--xattrs",
    "--xattrs-include=*",
    "-C",
    dir.join("tar"),
  ];
  await runOk("tar", args, { stdin: await exportImage(image) });
  return { umoci: dir.join("umoci"), tar: dir.join("tar") };
}

/** A tree without its root, with times in whole seconds, as layers have them. */
async function describeInSeconds(path: string) {
  const entries = (await describeTree(path)).filter((entry) => entry.path !== ".");
  return entries.map((entry) => ({ ...entry, mtime: Math.floor(entry.mtime) }));
}

peerTest("umoci and GNU tar make the tree again that a directory's layer was made of", {
  needs: ["umoci", "tar", "getfattr", "setfattr", "mkfifo"],
}, async () => {
  await using dir = await tempDir();
  await makeRichTree(dir.join("tree"));
  const layer = layerFromDirectory(dir.join("tree"), {
    keepOwner: true,
    mtime: "keep",
    xattrs: true,
  });
  const { umoci, tar } = await unpack(appendLayers(emptyImage(), [layer]), dir);
  const wanted = await describeInSeconds(dir.join("tree"));
  for (const unpacked of [umoci, tar]) assertEquals(await describeInSeconds(unpacked), wanted);
});

peerTest("an export is what umoci unpacks of layers with whiteouts and links", {
  needs: ["umoci", "tar"],
}, async () => {
  await using dir = await tempDir();
  const image = appendLayers(emptyImage(), [
    layerFromEntries([
      { path: "keep/a", content: "a", mtime: 1000 },
      { path: "gone/b", content: "b", mtime: 1000 },
      { path: "opaque/old", content: "old", mtime: 1000 },
      { path: "linked", content: "linked", mtime: 1000 },
      { path: "link", type: "hardlink", linkName: "linked" },
      { path: "becomes-file/x", content: "x", mtime: 1000 },
      { path: "becomes-directory", content: "x", mtime: 1000 },
    ]),
    layerFromEntries([
      whiteout("gone"),
      { path: "opaque", type: "directory", mode: 0o700, mtime: 2000 },
      opaque("opaque"),
      { path: "opaque/new", content: "new", mtime: 2000 },
      whiteout("linked"),
      { path: "becomes-file", content: "now a file", mtime: 2000 },
      { path: "becomes-directory", type: "directory", mtime: 2000 },
      { path: "becomes-directory/y", content: "y", mtime: 2000 },
    ]),
  ]);
  const { umoci, tar } = await unpack(image, dir);
  const files = async (path: string) =>
    (await describeTree(path))
      .filter(({ type }) => type !== "directory")
      .map(({ path, mode, mtime, sha256, linkTo }) => ({ path, mode, mtime, sha256, linkTo }));
  assertEquals(await files(tar), await files(umoci));
  assertEquals((await files(tar)).map(({ path }) => path), [
    "becomes-directory/y",
    "becomes-file",
    "keep/a",
    "link",
    "opaque/new",
  ]);
});
