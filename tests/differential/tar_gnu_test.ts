import { assertEquals, assertRejects } from "@std/assert";
import { TarError } from "../../lib/errors.ts";
import { digestBytes, hexOf } from "../../lib/oci/digest.ts";
import {
  type EntryType,
  readTar,
  type TarHeader,
  type TarInput,
  writeTar,
} from "../../lib/tar/mod.ts";
import { runOk } from "../support/command.ts";
import { describeTree } from "../support/describe_tree.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree } from "../support/tree.ts";

const MTIME = 1_700_000_000;
const DEEP = "directory-of-some-length/".repeat(5);

for (const format of ["v7", "ustar", "gnu", "pax"]) {
  peerTest(
    `GNU tar's ${format} archive of a tree reads as the tree`,
    { needs: ["tar"] },
    async () => {
      await using dir = await tempDir();
      await makeTree(dir.join("tree"), {
        "file": { content: "hello\n", mode: 0o640, mtime: MTIME },
        "empty": { content: "", mode: 0o4755, mtime: MTIME },
        "large": { content: "x".repeat(100_000), mode: 0o600, mtime: MTIME },
        "again": { hardlink: "file" },
        "link": { symlink: "../away", mtime: MTIME },
        "sticky": { type: "directory", mode: 0o1777, mtime: MTIME },
        ...(format !== "v7" && { "pipe": { type: "fifo", mode: 0o644, mtime: MTIME } }),
        ...(format !== "v7" && { [`${DEEP}file`]: { content: "deep", mode: 0o644, mtime: MTIME } }),
      });
      assertEquals(
        await describeTar(dir.join("tree"), format),
        await describeFiles(dir.join("tree")),
      );
    },
  );
}

for (const format of ["gnu", "pax"]) {
  peerTest(
    `GNU tar's ${format} archive may hold long names, long targets and any bytes`,
    { needs: ["tar"] },
    async () => {
      await using dir = await tempDir();
      const long = "n".repeat(200);
      await makeTree(dir.join("tree"), {
        [`${long}/${long}/ä€😀`]: { content: "1", mode: 0o644, mtime: MTIME },
        "link": { symlink: `${long}/${long}`, mtime: MTIME },
        "hard": { hardlink: `${long}/${long}/ä€😀` },
      });
      assertEquals(
        await describeTar(dir.join("tree"), format),
        await describeFiles(dir.join("tree")),
      );
    },
  );

  peerTest(
    `GNU tar's ${format} archive may hold large owners`,
    { needs: ["tar"] },
    async () => {
      await using dir = await tempDir();
      await makeTree(dir.join("tree"), { "file": "1" });
      const owners = ["--owner=big:4000000000", "--group=large:2097152"];
      const [, header] = await headersOf(dir.join("tree"), ["--format", format, ...owners]);
      assertEquals(header?.uid, 4_000_000_000);
      assertEquals(header?.gid, 2_097_152);
      assertEquals([header?.userName, header?.groupName], ["big", "large"]);
    },
  );
}

peerTest("GNU tar's parts of a second are read", { needs: ["tar"] }, async () => {
  await using dir = await tempDir();
  await makeTree(dir.join("tree"), { "file": { content: "1", mtime: MTIME + 0.25 } });
  const [, header] = await headersOf(dir.join("tree"), ["--format=pax"]);
  assertEquals(header?.mtime, MTIME + 0.25);
});

peerTest("GNU tar's global header is read", { needs: ["tar"] }, async () => {
  await using dir = await tempDir();
  await makeTree(dir.join("tree"), { "file": "1" });
  const [, header] = await headersOf(dir.join("tree"), [
    "--format=pax",
    "--pax-option=gname=all,comment=x",
  ]);
  assertEquals(header?.groupName, "all");
});

const SET_XATTR = "import os, sys; os.setxattr(sys.argv[1], 'user.note', b'a=b\\n\\0\\xff')";

peerTest("GNU tar's extended attributes are read", { needs: ["tar", "python3"] }, async () => {
  await using dir = await tempDir();
  await makeTree(dir.join("tree"), { "file": "1" });
  await runOk("python3", ["-c", SET_XATTR, dir.join("tree/file")]);
  const [, header] = await headersOf(dir.join("tree"), ["--format=pax", "--xattrs"]);
  assertEquals(header?.xattrs?.get("user.note"), Uint8Array.of(0x61, 0x3d, 0x62, 0x0a, 0x00, 0xff));
});

for (const form of ["gnu", "pax --sparse-version=0.0", "pax --sparse-version=0.1", "pax"]) {
  peerTest(`GNU tar's sparse file in ${form} is refused by name`, { needs: ["tar"] }, async () => {
    await using dir = await tempDir();
    await makeTree(dir.join("tree"), { "holes": "" });
    await Deno.truncate(dir.join("tree/holes"), 10_000_000);
    const options = `--sparse --format=${form}`.split(" ");
    await assertRejects(() => headersOf(dir.join("tree"), options), TarError, "sparse file");
  });
}

peerTest("GNU tar extracts what writeTar() wrote", { needs: ["tar"] }, async () => {
  await using dir = await tempDir();
  await Deno.mkdir(dir.join("out"));
  const long = "l".repeat(150);
  const inputs = [
    entry("directory", "d/", { mode: 0o750 }),
    entry("file", "d/file", { mode: 0o4755 }, "hello\n"),
    entry("file", `d/${long}`, {}, "long"),
    entry("file", "d/ä€😀", {}, "x".repeat(70_000)),
    entry("symlink", "d/link", { linkName: `../${long}`, mode: 0o777 }),
    entry("hardlink", "d/hard", { linkName: `d/${long}` }),
    entry("fifo", "d/pipe"),
    entry("file", "old", { mtime: -1 }, "old"),
  ];
  await runOk("tar", ["-xpf", "-", "-C", dir.join("out"), "--delay-directory-restore"], {
    stdin: writeTar(inputs),
  });
  const tree = await describeTree(dir.join("out"));
  assertEquals(
    tree.slice(1).map(({ path, type, mode, mtime, size, target, linkTo }) =>
      [path, type, mode, mtime, size, target ?? linkTo] as const
    ),
    [
      ["d", "directory", "750", MTIME, undefined, undefined],
      ["d/file", "file", "4755", MTIME, 6, undefined],
      ["d/hard", "file", "644", MTIME, 4, undefined],
      ["d/link", "symlink", "777", MTIME, undefined, `../${long}`],
      [`d/${long}`, "file", "644", MTIME, 4, "d/hard"],
      ["d/pipe", "fifo", "644", MTIME, undefined, undefined],
      ["d/ä€😀", "file", "644", MTIME, 70_000, undefined],
      ["old", "file", "644", -1, 3, undefined],
    ],
  );
});

peerTest("GNU tar lists every type that writeTar() wrote", { needs: ["tar"] }, async () => {
  const inputs = [
    entry("file", "owned", { uid: 2 ** 31, gid: 2 ** 32 - 2, userName: "ü" }),
    entry("character-device", "null", { deviceMajor: 1, deviceMinor: 3, mode: 0o666 }),
    entry("block-device", "sda", { deviceMajor: 8, deviceMinor: 1048575 }),
    entry("fifo", "pipe"),
    entry("symlink", "link", { linkName: "ä", mode: 0o777 }),
    entry("hardlink", "hard", { linkName: "l".repeat(101) }),
  ];
  const { stdout } = await runOk("tar", ["-tv", "--numeric-owner", "--full-time", "--utc"], {
    stdin: writeTar(inputs),
    env: { LC_ALL: "C.UTF-8" },
  });
  const time = "2023-11-14 22:13:20";
  assertEquals(stdout.trim().split("\n").map((line) => line.replace(/ +/g, " ")), [
    `-rw-r--r-- 2147483648/4294967294 0 ${time} owned`,
    `crw-rw-rw- 0/0 1,3 ${time} null`,
    `brw-r--r-- 0/0 8,1048575 ${time} sda`,
    `prw-r--r-- 0/0 0 ${time} pipe`,
    `lrwxrwxrwx 0/0 0 ${time} link -> ä`,
    `hrw-r--r-- 0/0 0 ${time} hard link to ${"l".repeat(101)}`,
  ]);
});

/** What a tree and its archive have in common. */
interface Described {
  readonly path: string;
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  readonly mtime: number;
  readonly size: number | undefined;
  readonly sha256: string | undefined;
  readonly target: string | undefined;
}

async function describeFiles(tree: string): Promise<Described[]> {
  return (await describeTree(tree)).map((entry) => ({
    path: entry.path,
    type: entry.linkTo === undefined ? entry.type : "hardlink",
    mode: entry.mode,
    owner: `${entry.uid}:${entry.gid}`,
    mtime: Math.floor(entry.mtime),
    size: entry.linkTo === undefined ? entry.size : undefined,
    sha256: entry.linkTo === undefined ? entry.sha256 : undefined,
    target: entry.linkTo ?? entry.target,
  }));
}

async function describeTar(tree: string, format: string): Promise<Described[]> {
  const described: Described[] = [];
  for await (const entry of readTar(await pack(tree, ["--format", format]))) {
    const { type, name, mode, uid, gid, mtime, size, linkName } = entry.header;
    described.push({
      path: trim(name),
      type,
      mode: mode.toString(8),
      owner: `${uid}:${gid}`,
      mtime: Math.floor(mtime),
      size: type === "file" ? size : undefined,
      sha256: type === "file" ? hexOf(await digestBytes(await entry.bytes())) : undefined,
      target: type === "hardlink" ? trim(linkName ?? "") : linkName,
    });
  }
  return described;
}

async function headersOf(tree: string, options: readonly string[]): Promise<TarHeader[]> {
  const entries = await Array.fromAsync(readTar(await pack(tree, options)));
  return entries.map(({ header }) => header);
}

/** Packs a tree with GNU tar, each directory sorted by name. */
async function pack(tree: string, options: readonly string[]): Promise<ReadableStream<Uint8Array>> {
  const args = ["--sort=name", ...options, "-C", tree, "-cf", "-", "."];
  return new Blob([(await runOk("tar", args)).bytes]).stream();
}

function trim(name: string): string {
  return name.replace(/^\.\/(?=.)/, "").replace(/\/$/, "");
}

function entry(
  type: EntryType,
  name: string,
  fields: Partial<TarHeader> = {},
  content = "",
): TarInput {
  const body = new TextEncoder().encode(content);
  const size = body.length;
  const owned = { mode: 0o644, uid: 0, gid: 0, mtime: MTIME };
  return { header: { type, name, size, ...owned, ...fields }, body };
}
