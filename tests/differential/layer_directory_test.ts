import { assert, assertEquals } from "@std/assert";
import { type DirectoryOptions, layerFromDirectory } from "../../lib/layer/directory.ts";
import { runOk } from "../support/command.ts";
import { describeTree, type TreeEntry } from "../support/describe_tree.ts";
import { peerTest } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { makeTree, type TreeSpec } from "../support/tree.ts";

const IS_ROOT = Deno.uid() === 0;
const LONG = "long-name-".repeat(20);

const TREE: TreeSpec = {
  "plain": { content: "plain\n", mode: 0o644, mtime: 1 },
  "setuid": { content: "x", mode: 0o4755, mtime: 1_700_000_000 },
  "sticky": { type: "directory", mode: 0o1777, mtime: 2 },
  "private": { type: "directory", mode: 0o700, mtime: 3 },
  "private/secret": { content: "s".repeat(513), mode: 0o600, mtime: 4 },
  "zero": { content: "", mode: 0o444, mtime: 5 },
  "block": { content: new Uint8Array(512).fill(7), mode: 0o644, mtime: 6 },
  "large": { content: new Uint8Array(3_000_001).fill(9), mode: 0o644, mtime: 7 },
  "hard/a": { content: "one file", mode: 0o644, mtime: 8 },
  "hard/b": { hardlink: "hard/a" },
  "another": { hardlink: "hard/a" },
  "links/relative": { symlink: "../plain", mtime: 9 },
  "links/absolute": { symlink: "/etc/hostname", mtime: 10 },
  "links/dangling": { symlink: "no where", mtime: 11 },
  [`links/${"d".repeat(80)}`]: { symlink: `${"../".repeat(40)}plain`, mtime: 12 },
  [`${LONG}/${LONG}`]: { content: "long", mode: 0o644, mtime: 13 },
  "ü \u{1f433}\n'\"\\": { content: "odd name", mode: 0o644, mtime: 14 },
  "pipe": { type: "fifo", mode: 0o640, mtime: 15 },
  "old": { content: "before 1970", mode: 0o644, mtime: 16 },
  "sparse.bin": { content: new Uint8Array(100_000), mode: 0o644, mtime: 2 ** 33 },
};

async function makeSource(dir: TempDir): Promise<string> {
  const source = dir.join("source");
  await makeTree(source, TREE);
  await runOk("touch", ["-d", "@-100", `${source}/old`]);
  if (IS_ROOT) {
    await runOk("mknod", ["-m", "666", `${source}/null`, "c", "1", "3"]);
    await runOk("mknod", ["-m", "600", `${source}/loop`, "b", "7", "300"]);
    await Deno.chown(`${source}/plain`, 1000, 2_200_000);
  }
  await Deno.utime(source, 20, 20);
  return source;
}

async function writeTar(path: string, source: string, options: DirectoryOptions): Promise<void> {
  await Deno.writeFile(path, layerFromDirectory(source, options).compressed());
}

/** A tree without its root, and with times in whole seconds: what a layer keeps. */
async function keptOf(path: string): Promise<TreeEntry[]> {
  return (await describeTree(path)).filter(({ path }) => path !== ".")
    .map((entry) => ({ ...entry, mtime: Math.floor(entry.mtime) }));
}

for (const compression of ["none", "gzip", "zstd"] as const) {
  peerTest(`GNU tar extracts a ${compression} layer to the tree it was made of`, {
    needs: ["tar", compression === "none" ? "tar" : compression],
  }, async () => {
    await using dir = await tempDir();
    const source = await makeSource(dir);
    const expected = await keptOf(source);
    assert(!IS_ROOT || expected.some(({ type }) => type === "device"));
    const options = { compression, mtime: "keep", keepOwner: IS_ROOT } as const;
    await writeTar(dir.join("layer"), source, options);
    await Deno.mkdir(dir.join("out"));
    const owner = IS_ROOT ? ["--same-owner", "--numeric-owner"] : ["--no-same-owner"];
    await runOk("tar", ["-xpf", dir.join("layer"), "-C", dir.join("out"), ...owner]);
    assertEquals(await keptOf(dir.join("out")), expected);
  });
}

peerTest("GNU tar lists the entries of a layer in the order of their bytes", {
  needs: ["tar", "sort"],
}, async () => {
  await using dir = await tempDir();
  const source = await makeSource(dir);
  await writeTar(dir.join("layer"), source, { compression: "none" });
  const { stdout } = await runOk("tar", ["-tf", dir.join("layer"), "--quoting-style=escape"]);
  const names = stdout.trimEnd().split("\n").map((name) => name.replace(/\/$/, ""));
  const sorted = await runOk("sort", ["-u"], { stdin: names.join("\n"), env: { LC_ALL: "C" } });
  assertEquals(names, sorted.stdout.trimEnd().split("\n"));
});

peerTest("Python reads the names that were meant", {
  needs: ["python3"],
}, async () => {
  await using dir = await tempDir();
  const source = await makeSource(dir);
  await writeTar(dir.join("layer"), source, { compression: "none", prefix: "opt/x" });
  const program = "import json, sys, tarfile\n" +
    "print(json.dumps([m.name for m in tarfile.open(sys.argv[1])]))";
  const { stdout } = await runOk("python3", ["-c", program, dir.join("layer")]);
  const expected = (await describeTree(source)).map(({ path }) =>
    path === "." ? "opt/x" : `opt/x/${path}`
  );
  assertEquals(new Set(JSON.parse(stdout)), new Set(["opt", ...expected]));
});

peerTest("extended attributes arrive, but not those of the machine", {
  needs: ["tar", "getfattr", "setfattr"],
}, async () => {
  await using dir = await tempDir();
  const source = dir.join("source");
  const xattrs = { "user.note": "0x00ff0a", "user.text": "hello" };
  await makeTree(source, {
    "with": { content: "", xattrs },
    "odd\\ \n name": { content: "", xattrs: { "user.x": "y" } },
    "without": "",
    "dir": { type: "directory", xattrs: { "user.dir": "1", "user.overlay.opaque": "y" } },
  });
  await writeTar(dir.join("layer"), `${source}/`, { compression: "none", xattrs: true });
  await Deno.mkdir(dir.join("out"));
  await runOk(
    "tar",
    ["-xf", dir.join("layer"), "-C", dir.join("out"), "--xattrs"].concat(
      ["--xattrs-include=*"],
    ),
  );
  const found = async (path: string) => {
    const { stdout } = await runOk("getfattr", ["-d", "-m", "user", "-e", "hex", "--", path], {
      cwd: dir.join("out"),
    });
    return stdout.split("\n").filter((line) => line.startsWith("user."));
  };
  assertEquals(await found("with"), ["user.note=0x00ff0a", "user.text=0x68656c6c6f"]);
  assertEquals(await found("odd\\ \n name"), ["user.x=0x79"]);
  assertEquals(await found("dir"), ["user.dir=0x31"]);
  assertEquals(await found("without"), []);
});

peerTest("a layer and what GNU tar packs extract alike", {
  needs: ["tar"],
}, async () => {
  await using dir = await tempDir();
  const source = await makeSource(dir);
  const args = ["--format=posix", "--sort=name", "--numeric-owner", "--owner=0", "--group=0"];
  await runOk("tar", [...args, "--mtime=@0", "-cf", dir.join("peer.tar"), "-C", source, "."]);
  await writeTar(dir.join("ours.tar"), source, { compression: "none" });
  for (const name of ["peer", "ours"]) {
    await Deno.mkdir(dir.join(name));
    await runOk("tar", ["-xpf", dir.join(`${name}.tar`), "-C", dir.join(name)]);
  }
  assertEquals(
    await keptOf(dir.join("ours")),
    await keptOf(dir.join("peer")),
  );
});
