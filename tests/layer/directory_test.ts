import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FileError } from "../../lib/errors.ts";
import { type DirectoryOptions, layerFromDirectory } from "../../lib/layer/directory.ts";
import type { Layer } from "../../lib/layer/layer.ts";
import type { TarHeader } from "../../lib/tar/entry.ts";
import { readTar } from "../../lib/tar/read_tar.ts";
import { runOk } from "../support/command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree, type TreeSpec } from "../support/tree.ts";

const TREE: TreeSpec = {
  "a-b": { content: "after a, before a/b", mode: 0o640 },
  "a": { type: "directory", mode: 0o750 },
  "a/b": { content: "", mode: 0o600 },
  "a/setuid": { content: "#!/bin/sh\n", mode: 0o4755 },
  "empty": { type: "directory", mode: 0o1777 },
  "link": { symlink: "../outside/of it" },
  "name": { content: "linked", mode: 0o644 },
  "name2": { hardlink: "name" },
  "pipe": { type: "fifo", mode: 0o644 },
  "ü/\u{1f433}/\uffee": { content: "😀", mode: 0o644 },
};

/** Of the tree above, at the root and below a prefix: part of what davit promises. */
const GOLDEN_DIFF_ID = "sha256:c672be31669a0787f29b7c956c9b6b97f80a4a6addad18c8dcd9f102939725c2";
const GOLDEN_PREFIXED_DIFF_ID =
  "sha256:2be0f2c608026a6c38e9612e3792618b14208a70e7321ed2f54c9ecf780a1da5";
const GOLDEN_GZIP_DIGEST =
  "sha256:df27e06befb788355a68542f1df2d177449c890964cdbe44ebd6861c470431c5";

async function headersOf(layer: Layer): Promise<TarHeader[]> {
  return await Array.fromAsync(readTar(layer.uncompressed()), ({ header }) => header);
}

async function namesOf(path: string, options?: DirectoryOptions): Promise<string[]> {
  return (await headersOf(layerFromDirectory(path, options))).map(({ name }) => name);
}

/** Makes the tree with directories of plain mode, whatever the umask. */
async function makeGoldenTree(path: string, spec: TreeSpec = TREE): Promise<void> {
  await makeTree(path, spec);
  for (const each of [path, `${path}/ü`, `${path}/ü/\u{1f433}`]) await Deno.chmod(each, 0o755);
}

Deno.test("a tree has one digest, on any machine, with any number of workers", async () => {
  await using dir = await tempDir();
  await makeGoldenTree(dir.join("tree"));
  for (const workers of [0, 1, 2, 4]) {
    const layer = layerFromDirectory(dir.join("tree"), { workers });
    assertEquals(await layer.diffId(), GOLDEN_DIFF_ID);
    assertEquals(await layer.digest(), GOLDEN_GZIP_DIGEST);
  }
  const prefixed = layerFromDirectory(dir.join("tree"), { prefix: "/opt/app/" });
  assertEquals(await prefixed.diffId(), GOLDEN_PREFIXED_DIFF_ID);
});

Deno.test("a copy made in another order, at another time, has the same digest", async () => {
  await using dir = await tempDir();
  const reversed = Object.entries(TREE).reverse().filter(([path]) => path !== "name2");
  await makeGoldenTree(
    dir.join("copy"),
    Object.fromEntries([...reversed, ["name2", TREE["name2"] ?? ""]]),
  );
  assertEquals(await layerFromDirectory(dir.join("copy")).diffId(), GOLDEN_DIFF_ID);
  assertEquals(await layerFromDirectory(`${dir.join("copy")}/`).diffId(), GOLDEN_DIFF_ID);
});

Deno.test("entries come in the order of their bytes, directories before what they hold", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, TREE);
  assertEquals(await namesOf(dir.path), [
    "a/",
    "a-b",
    "a/b",
    "a/setuid",
    "empty/",
    "link",
    "name",
    "name2",
    "pipe",
    "ü/",
    "ü/\u{1f433}/",
    "ü/\u{1f433}/\uffee",
  ]);
});

Deno.test("what each file is, is kept; whose and when, is not", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, TREE);
  const headers = new Map(
    (await headersOf(layerFromDirectory(dir.path))).map((header) => [header.name, header]),
  );
  const got = (name: string) => {
    const { type, mode, size, linkName } = headers.get(name) ?? {};
    return [type, mode?.toString(8), size, linkName];
  };
  assertEquals(got("a/"), ["directory", "750", 0, undefined]);
  assertEquals(got("a-b"), ["file", "640", 19, undefined]);
  assertEquals(got("a/setuid"), ["file", "4755", 10, undefined]);
  assertEquals(got("empty/"), ["directory", "1777", 0, undefined]);
  assertEquals(got("link"), ["symlink", "777", 0, "../outside/of it"]);
  assertEquals(got("name"), ["file", "644", 6, undefined]);
  assertEquals(got("name2"), ["hardlink", "644", 0, "name"]);
  assertEquals(got("pipe"), ["fifo", "644", 0, undefined]);
  for (const { uid, gid, mtime, userName, groupName } of headers.values()) {
    assertEquals([uid, gid, mtime, userName, groupName], [0, 0, 0, undefined, undefined]);
  }
});

Deno.test("the prefix is the tree's root, below directories like those of mkdir -p", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "x": "", "l": { hardlink: "x" } });
  await Deno.chmod(dir.path, 0o711);
  const layer = layerFromDirectory(dir.path, {
    prefix: "/usr/share/app",
    owner: { uid: 7, gid: 8 },
    mtime: 9,
  });
  assertEquals(
    (await headersOf(layer)).map((
      { name, mode, uid, gid, mtime },
    ) => [name, mode, uid, gid, mtime]),
    [
      ["usr/", 0o755, 0, 0, 9],
      ["usr/share/", 0o755, 0, 0, 9],
      ["usr/share/app/", 0o711, 7, 8, 9],
      ["usr/share/app/l", 0o644, 7, 8, 9],
      ["usr/share/app/x", 0o644, 7, 8, 9],
    ],
  );
  const [, , , , link] = await headersOf(layer);
  assertEquals(link?.linkName, "usr/share/app/l");
  const options = { prefix: "usr/share/app", withoutParents: true };
  assertEquals((await namesOf(dir.path, options))[0], "usr/share/app/");
});

for (const prefix of ["/", "", ".", "./", "//"]) {
  Deno.test(`the prefix "${prefix}" is the root, which has no entry`, async () => {
    await using dir = await tempDir();
    await makeTree(dir.path, { "a": "" });
    assertEquals(await namesOf(dir.path, { prefix }), ["a"]);
  });
}

Deno.test("a single file lies in the prefix under its name", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "bin/tool": { content: "#!", mode: 0o755 } });
  await Deno.symlink("bin/tool", dir.join("alias"));
  assertEquals(await namesOf(dir.join("bin/tool")), ["tool"]);
  assertEquals(await namesOf(dir.join("alias")), ["alias"]);
  assertEquals(await namesOf(dir.join("bin/tool"), { prefix: "usr/bin" }), [
    "usr/",
    "usr/bin/",
    "usr/bin/tool",
  ]);
  const [header] = await headersOf(layerFromDirectory(dir.join("alias")));
  assertEquals([header?.type, header?.mode, header?.size], ["file", 0o755, 2]);
});

Deno.test("a link to a directory is followed when it is the root, and only then", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "real/a": "", "real/self": { symlink: "." } });
  await Deno.symlink("real", dir.join("alias"));
  assertEquals(await namesOf(dir.join("alias")), ["a", "self"]);
});

Deno.test("an empty directory is the empty tar", async () => {
  await using dir = await tempDir();
  assertEquals(
    await layerFromDirectory(dir.path).diffId(),
    "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
  );
});

Deno.test("a mode is for all files and directories, or each is asked", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, TREE);
  const modes = async (mode: NonNullable<DirectoryOptions["mode"]>) =>
    (await headersOf(layerFromDirectory(dir.path, { mode, prefix: "p", ignore: ["ü", "pipe"] })))
      .map(({ name, mode }) => `${name} ${mode.toString(8)}`);
  assertEquals(await modes(0o500), [
    "p/ 500",
    "p/a/ 500",
    "p/a-b 500",
    "p/a/b 500",
    "p/a/setuid 500",
    "p/empty/ 500",
    "p/link 777",
    "p/name 500",
    "p/name2 500",
  ]);
  const asked: string[] = [];
  const byType = await modes(({ path, type, mode }) => {
    asked.push(path);
    return type === "directory" ? 0o755 : mode & 0o111 ? 0o755 : 0o644;
  });
  assertEquals(byType[4], "p/a/setuid 755");
  assertEquals(byType[3], "p/a/b 644");
  assertEquals(asked, ["", "a", "a-b", "a/b", "a/setuid", "empty", "name"]);
});

Deno.test("owners and times are kept when asked for, times in whole seconds", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, {
    "file": { content: "", mtime: 1_700_000_000.75 },
    "old": "",
    "link": { symlink: "file", mtime: 5 },
  });
  await runOk("touch", ["-d", "@-1.5", dir.join("old")]);
  const { uid, gid } = await Deno.stat(dir.path);
  const headers = await headersOf(
    layerFromDirectory(dir.path, { mtime: "keep", keepOwner: true, owner: { uid: 9, gid: 9 } }),
  );
  assertEquals(headers.map(({ name, mtime }) => [name, mtime]), [
    ["file", 1_700_000_000],
    ["link", 5],
    ["old", -2],
  ]);
  for (const header of headers) assertEquals([header.uid, header.gid], [uid, gid]);
});

Deno.test("ignore rules leave out files and directories, exceptions bring them back", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, {
    ".dockerignore": "*\n",
    "Dockerfile": "",
    "src/a.ts": "",
    "src/a.log": "",
    "node_modules/x/index.js": "",
    "node_modules/keep/me/index.js": "",
    "node_modules/keep/me/not.js": "",
  });
  assertEquals(await namesOf(dir.path, { ignore: ["node_modules", "**/*.log"] }), [
    ".dockerignore",
    "Dockerfile",
    "src/",
    "src/a.ts",
  ]);
  const ignore = ["node_modules", "!node_modules/keep/*/index.js", "src", ".*", "Dockerfile"];
  assertEquals(await namesOf(dir.path, { ignore }), [
    "node_modules/",
    "node_modules/keep/",
    "node_modules/keep/me/",
    "node_modules/keep/me/index.js",
  ]);
});

Deno.test("an ignore file is read when it is asked for, and its lines come first", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, {
    ".dockerignore": "# all but b\r\n*\r\n!b\r\n",
    "a": "",
    "b": "",
    "c": "",
  });
  const ignoreFile = dir.join(".dockerignore");
  assertEquals(await namesOf(dir.path, { ignoreFile }), ["b"]);
  assertEquals(await namesOf(dir.path, { ignoreFile, ignore: ["!c"] }), ["b", "c"]);
  await assertRejects(
    () => namesOf(dir.path, { ignoreFile: dir.join("missing") }),
    FileError,
    "missing",
  );
});

Deno.test("of a file's names the first that is not ignored becomes the file", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "a": "x", "b": { hardlink: "a" }, "c": { hardlink: "a" } });
  const headers = await headersOf(layerFromDirectory(dir.path, { ignore: ["a"] }));
  assertEquals(headers.map(({ type, name, linkName }) => [type, name, linkName]), [
    ["file", "b", undefined],
    ["hardlink", "c", "b"],
  ]);
});

Deno.test("an ignored directory is not even looked into", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "a": "", "secret/.wh.x": "" });
  assertEquals(await namesOf(dir.path, { ignore: ["secret"] }), ["a"]);
  await assertRejects(() => namesOf(dir.path), FileError, ".wh.x");
});

Deno.test("a name that would be a whiteout is refused, and allowed when asked for", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "etc/.wh.motd": "" });
  await assertRejects(() => namesOf(dir.path), FileError, "deletes another file");
  assertEquals(await namesOf(dir.path, { whiteouts: true }), ["etc/", "etc/.wh.motd"]);
});

for (
  const { what, options, error } of [
    { what: "a prefix that leaves the root", options: { prefix: "../x" }, error: TypeError },
    { what: "a prefix above the root", options: { prefix: ".." }, error: TypeError },
    { what: "a mode beyond 7777", options: { mode: 0o10000 }, error: RangeError },
    { what: "a negative owner", options: { owner: { uid: -1, gid: 0 } }, error: RangeError },
    { what: "a time that is none", options: { mtime: NaN }, error: RangeError },
    { what: "an ignore rule that does not parse", options: { ignore: ["["] }, error: SyntaxError },
  ] as { what: string; options: DirectoryOptions; error: typeof TypeError }[]
) {
  Deno.test(`layerFromDirectory() refuses ${what}, at once`, () => {
    assertThrows(() => layerFromDirectory(".", options), error, "Cannot");
  });
}

Deno.test("a tree that is not there is an error that names it", async () => {
  await using dir = await tempDir();
  const error = await assertRejects(() => namesOf(dir.join("no")), FileError, "does not exist");
  assertEquals(error.path, dir.join("no"));
});

Deno.test("a socket is refused by name", async () => {
  await using dir = await tempDir();
  using _socket = Deno.listen({ transport: "unix", path: dir.join("app.sock") });
  const error = await assertRejects(() => namesOf(dir.path), FileError, "a socket");
  assertEquals(error.path, dir.join("app.sock"));
  assertEquals(await namesOf(dir.path, { ignore: ["*.sock"] }), []);
});

Deno.test("a name that is not UTF-8 is an error, never a missing or a wrong file", async () => {
  await using dir = await tempDir();
  await makeRawName(dir.join("ok"), dir.path);
  await assertRejects(() => namesOf(dir.path), FileError, "not UTF-8");
  await makeTree(dir.path, { "raw\ufffd": "" });
  await assertRejects(() => namesOf(dir.path), FileError, "names in UTF-8");
});

Deno.test("a cancel in the middle of a tree closes what is open", async () => {
  await using dir = await tempDir();
  await Deno.writeFile(dir.join("large"), new Uint8Array(5 * 2 ** 20));
  await Deno.truncate(dir.join("large"), 64 * 2 ** 20);
  for (const workers of [0, 2]) {
    const reader = layerFromDirectory(dir.path, { workers }).uncompressed().getReader();
    assert(!(await reader.read()).done);
    await reader.cancel("enough");
  }
});

Deno.test("a cancel in the middle of a walk ends it", async () => {
  await using dir = await tempDir();
  for (let i = 0; i < 4100; i++) await Deno.symlink("x", dir.join(`${i}`));
  const reader = layerFromDirectory(dir.path).uncompressed().getReader();
  const reading = reader.read();
  await new Promise((resolve) => setTimeout(resolve, 1));
  await reader.cancel("enough");
  assertEquals((await reading).done, true);
});

Deno.test("a tree large enough for a worker gives the bytes of one thread", async () => {
  await using dir = await tempDir();
  const random = crypto.getRandomValues(new Uint8Array(65_536));
  for (let i = 0; i < 400; i++) await Deno.writeFile(dir.join(`${i}`), random.slice(i * 160));
  await Deno.writeFile(dir.join("exactly"), new Uint8Array(2 ** 20));
  const ids = await Promise.all(
    [0, 1, 2].map((workers) => layerFromDirectory(dir.path, { workers }).diffId()),
  );
  assertEquals(new Set(ids).size, 1);
});

/** Makes a file whose name is no UTF-8: Deno cannot, a shell can. */
async function makeRawName(from: string, dir: string): Promise<void> {
  await Deno.writeTextFile(from, "");
  await runOk("sh", ["-c", `: > "$(printf '%s/raw\\377' "$1")"`, "sh", dir]);
}
