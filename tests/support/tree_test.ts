import { assertEquals } from "@std/assert";
import { describeTree } from "./describe_tree.ts";
import { peerTest } from "./peers.ts";
import { tempDir } from "./temp_dir.ts";
import { makeTree } from "./tree.ts";

peerTest("makeTree() makes what describeTree() sees", {
  needs: ["mkfifo", "setfattr", "getfattr"],
}, async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, {
    "etc": { type: "directory", mode: 0o1777, mtime: 100 },
    "etc/motd": { content: "hi", mode: 0o4755, mtime: 1.5, xattrs: { "user.note": "a=b" } },
    "etc/same": { hardlink: "etc/motd" },
    "etc/link": { symlink: "nowhere", mtime: 7 },
    "run/pipe": { type: "fifo", mode: 0o600, mtime: 9 },
  });
  const owner = { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0 };
  const sha256 = "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4";
  const motd = {
    type: "file",
    mode: "4755",
    ...owner,
    mtime: 1.5,
    size: 2,
    sha256,
    xattrs: { "user.note": "613d62" },
  } as const;
  const entries = await describeTree(dir.path);
  assertEquals(entries.filter((entry) => entry.path !== "." && entry.path !== "run"), [
    { path: "etc", type: "directory", mode: "1777", ...owner, mtime: 100 },
    { path: "etc/link", type: "symlink", mode: "777", ...owner, mtime: 7, target: "nowhere" },
    { path: "etc/motd", ...motd },
    { path: "etc/same", ...motd, linkTo: "etc/motd" },
    { path: "run/pipe", type: "fifo", mode: "600", ...owner, mtime: 9 },
  ]);
});
