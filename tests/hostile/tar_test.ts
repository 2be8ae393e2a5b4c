import { assertEquals, assertStringIncludes } from "@std/assert";
import { digestBytes } from "../../lib/oci/digest.ts";
import { readTar } from "../../lib/tar/read_tar.ts";
import { concat, octal, paxRecord, rawBlock, rawEntry, rawPax } from "../tar/raw_tar.ts";
import { tempDir } from "../support/temp_dir.ts";
import { listAll, refused, taken } from "./attack.ts";
import { exported, exportLayers } from "./exported.ts";
import { directory, file, hardlink, LINUX_PATH, symlink, tarOf } from "./tars.ts";

interface Hostile {
  /** The number in the list of bad inputs. */
  readonly item: number;
  readonly why: string;
  readonly layers: readonly Uint8Array[];
}

/** What no filesystem may come of. */
const REFUSED: readonly (Hostile & { readonly says: readonly string[] })[] = [
  { item: 1, why: "../x", layers: [tarOf(file("../x"))], says: ['"../x"', 'without ".."'] },
  { item: 3, why: "a/../../x", layers: [tarOf(file("a/../../x"))], says: ['"a/../../x"'] },
  {
    item: 7,
    why: "a loop of symlinks on the way",
    layers: [tarOf(symlink("a", "b"), symlink("b", "a"), file("a/x"))],
    says: ["loop of links"],
  },
  {
    item: 8,
    why: "a hard link to a file of the host",
    layers: [tarOf(hardlink("x", "/etc/passwd"))],
    says: ['"x"', "a hard link to a file", '"/etc/passwd"'],
  },
  {
    item: 8,
    why: "a hard link that climbs out",
    layers: [tarOf(file("passwd"), hardlink("x", "../../passwd"))],
    says: ['"x"', "../../passwd"],
  },
  {
    item: 9,
    why: "a hard link to a file of the current directory",
    layers: [tarOf(hardlink("x", "deno.json"))],
    says: ['got one to "deno.json"'],
  },
  {
    item: 10,
    why: "a hard link to a directory",
    layers: [tarOf(directory("d/"), hardlink("h", "d"))],
    says: ["a hard link to a file"],
  },
  {
    item: 11,
    why: "a hard link to a later entry",
    layers: [tarOf(hardlink("h", "f"), file("f"))],
    says: ['got one to "f"'],
  },
  { item: 11, why: "a hard link to itself", layers: [tarOf(hardlink("h", "h"))], says: ['"h"'] },
  ...[".", "./", "/"].map((name) => ({
    item: 12,
    why: `a symlink in place of the root, ${name}`,
    layers: [tarOf(symlink(name, "/etc"), file("x"))],
    says: ["the root to be a directory"],
  })),
  { item: 13, why: "a name of nothing", layers: [tarOf(file(""))], says: ["a name, got none"] },
  {
    item: 13,
    why: "a NUL in a name",
    layers: [tarOf(rawPax({ path: "a\0b" }), file("a"))],
    says: ["a path without NUL"],
  },
  {
    item: 13,
    why: "a name of 64 KiB",
    layers: [tarOf(rawPax({ path: "n".repeat(65536) }), file("a"))],
    says: [LINUX_PATH],
  },
  {
    item: 14,
    why: "an extended header whose path leads out",
    layers: [tarOf(rawPax({ path: "../../etc/passwd" }), file("innocent"))],
    says: ["../../etc/passwd"],
  },
  {
    item: 14,
    why: "an extended header whose size is not the header's",
    layers: [tarOf(rawPax({ size: "512" }), file("a", "hello"))],
    says: ["got 5 in its header and 512"],
  },
  {
    item: 15,
    why: "a record of 2^63 bytes",
    layers: [tarOf(rawPax({ size: String(2n ** 63n) }), file("a"))],
    says: ["size"],
  },
  {
    item: 15,
    why: "a record that lies about its length",
    layers: [tarOf(rawEntry({ type: "x" }, "99 path=b\n"), file("a"))],
    says: ["at most the 10 bytes"],
  },
  {
    item: 16,
    why: "a global path",
    layers: [tarOf(rawPax({ path: "../x" }, "g"), file("a"))],
    says: ["global header"],
  },
  {
    item: 17,
    why: "a long name of 1 GiB",
    layers: [rawBlock({ name: "././@LongLink", type: "L", size: octal(2 ** 30) })],
    says: ["at most 1048576 bytes"],
  },
  {
    item: 18,
    why: "a GNU sparse file",
    layers: [tarOf(rawEntry({ type: "S", name: "s" }))],
    says: ["sparse", "without --sparse"],
  },
  {
    item: 18,
    why: "a sparse file of 1 TiB",
    layers: [
      tarOf(
        rawEntry(
          { type: "x" },
          paxRecord("GNU.sparse.major", "1") + paxRecord("GNU.sparse.realsize", String(2 ** 40)),
        ),
        file("s"),
      ),
    ],
    says: ["sparse"],
  },
  {
    item: 19,
    why: "a wrong checksum",
    layers: [concat(file("a"), rawBlock({ checksum: "001234\0 " }))],
    says: ["expected checksum", "at byte 1024"],
  },
  {
    item: 19,
    why: "a mode of letters",
    layers: [tarOf(file("a", "x", { mode: "rwxr-xr\0" }))],
    says: ["mode"],
  },
  {
    item: 20,
    why: "a header that is cut",
    layers: [file("a").subarray(0, 300)],
    says: ["expected 212 more bytes of header"],
  },
  {
    item: 20,
    why: "a body that is cut",
    layers: [file("a", "x".repeat(2000)).subarray(0, 1024)],
    says: ["expected 1488 more bytes of body"],
  },
  { item: 23, why: "a socket", layers: [tarOf(rawEntry({ type: "s" }))], says: ['type "s"'] },
  {
    item: 25,
    why: "the user -1",
    layers: [tarOf(file("a", "x", { uid: "\xff".repeat(8) }))],
    says: ["uid", "-1"],
  },
  {
    item: 27,
    why: "ten thousand levels",
    layers: [tarOf(rawPax({ path: `${"d/".repeat(10_000)}f` }), file("a"))],
    says: [LINUX_PATH],
  },
  {
    item: 27,
    why: "links that make a path grow without end",
    layers: [
      tarOf(
        rawPax({ path: `${"d/".repeat(2_000)}s`, linkpath: "e/".repeat(2_000) }),
        rawEntry({ type: "2", name: "a", linkName: "b" }),
        rawPax({ linkpath: `${"d/".repeat(2_000)}s` }),
        symlink("l", "x"),
        file("l/f"),
      ),
    ],
    says: [LINUX_PATH],
  },
];

for (const { item, why, layers, says } of REFUSED) {
  Deno.test(`${item}: export refuses ${why}, and leaves nothing`, async () => {
    await using dir = await tempDir();
    const { code, message } = await refused(await exportLayers(dir.path, layers));
    assertEquals(code, 1);
    for (const text of says) assertStringIncludes(message, text);
    const wrong = await digestBytes(layers.at(-1) ?? new Uint8Array());
    assertStringIncludes(message, wrong, "it says which layer");
    assertEquals(await listAll(dir.join("out")), []);
  });
}

/** What stays inside of the root, whatever it looks like. */
const CONFINED: readonly (Hostile & { readonly gives: readonly string[] })[] = [
  { item: 2, why: "/etc/x", layers: [tarOf(file("/etc/x"))], gives: ["etc/x", "etc/"] },
  {
    item: 4,
    why: "names of Windows, which are names",
    layers: [tarOf(file("..\\x"), file("C:x"), file("\\\\?\\x"))],
    gives: ["..\\x", "C:x", "\\\\?\\x"],
  },
  {
    item: 5,
    why: "a file through a symlink out of the root",
    layers: [tarOf(symlink("a", "../../../etc"), file("a/passwd"))],
    gives: ["a -> ../../../etc", "etc/passwd", "etc/"],
  },
  {
    item: 6,
    why: "a file through a symlink of a lower layer",
    layers: [tarOf(symlink("a", "/etc")), tarOf(file("a/passwd"))],
    gives: ["a -> /etc", "etc/passwd", "etc/"],
  },
  {
    item: 7,
    why: "a file through a chain of symlinks to the root",
    layers: [tarOf(symlink("a", "b"), symlink("b", "/"), file("a/x"))],
    gives: ["a -> b", "b -> /", "x"],
  },
  {
    item: 10,
    why: "a hard link to a symlink, which is not followed",
    layers: [tarOf(symlink("s", "/etc/passwd"), hardlink("h", "s"))],
    gives: ["s -> /etc/passwd", "h == s"],
  },
  { item: 20, why: "a tar without an end", layers: [file("a")], gives: ["a"] },
  {
    item: 20,
    why: "junk behind the end",
    layers: [concat(tarOf(file("a")), new Uint8Array(700).fill(7))],
    gives: ["a"],
  },
  {
    item: 21,
    why: "a directory that becomes a symlink with a file through it",
    layers: [tarOf(directory("d/"), file("d/x"), symlink("d", "/etc"), file("d/y"))],
    gives: ["d -> /etc", "etc/y", "etc/"],
  },
  {
    item: 21,
    why: "a path that comes twice",
    layers: [tarOf(file("a"), file("b"), file("a"))],
    gives: ["b", "a"],
  },
  {
    item: 22,
    why: "names that differ in normal form and case only",
    layers: [tarOf(file("caf\xc3\xa9"), file("cafe\xcc\x81"), file("CAFE"))],
    gives: ["caf\u00e9", "cafe\u0301", "CAFE"],
  },
  {
    item: 23,
    why: "devices and a fifo, which are kept as entries",
    layers: [
      tarOf(
        rawEntry({ type: "3", name: "c" }),
        rawEntry({ type: "4", name: "b" }),
        rawEntry({ type: "6", name: "p" }),
      ),
    ],
    gives: ["c", "b", "p"],
  },
  {
    item: 26,
    why: "times far away, before 1970 and in parts",
    layers: [
      tarOf(
        rawPax({ mtime: "1000000000000000000" }),
        file("a"),
        rawPax({ mtime: "-1.5" }),
        file("b"),
      ),
    ],
    gives: ["a", "b"],
  },
];

for (const { item, why, layers, gives } of CONFINED) {
  Deno.test(`${item}: export keeps ${why} inside of the root`, async () => {
    assertEquals(await exported(layers), gives);
  });
}

Deno.test("24, 25: export keeps attributes and owners as they are, for root alone could set them", async () => {
  const xattrs = { "SCHILY.xattr.trusted.overlay.opaque": "y" };
  await using dir = await tempDir();
  const layer = tarOf(rawPax(xattrs), file("a", "x", { uid: "\x80\0\0\0\x80\0\0\0" }));
  await taken(await exportLayers(dir.path, [layer]));
  const headers = await Array.fromAsync(
    readTar((await Deno.open(dir.join("out", "rootfs.tar"))).readable),
    ({ header }) => header,
  );
  assertEquals(headers.map(({ uid, xattrs }) => [uid, [...xattrs?.keys() ?? []]]), [
    [2 ** 31, ["trusted.overlay.opaque"]],
  ]);
});

Deno.test("27: export of crowded and of flickering directories takes time by their entries", async () => {
  const crowd = Array.from({ length: 20_000 }, (_, i) => file(`d/${i}`, ""));
  const flicker = Array.from({ length: 10_000 }, () => [directory("e/"), file("e", "")]).flat();
  assertEquals((await exported([tarOf(...crowd, ...flicker)])).length, 20_002);
});

Deno.test("20: append passes a plain tar as it is, opened no further than its first block", async () => {
  await using dir = await tempDir();
  const tar = tarOf(file("../x"), rawEntry({ type: "S", name: "s" }), symlink(".", "/"));
  await Deno.writeFile(dir.join("evil.tar"), tar);
  await taken(["append", "-f", dir.join("evil.tar"), "-t", "app:v1", "-o", dir.join("out.tar")]);
  const config = JSON.parse(await taken(["config", `docker-archive:${dir.join("out.tar")}`]));
  assertEquals(config.rootfs.diff_ids, [await digestBytes(tar)]);
});

for (
  const [why, bytes] of [
    ["text", new TextEncoder().encode("# not a tar\n".repeat(100))],
    ["a cut header", file("a").subarray(0, 300)],
    ["a wrong checksum", rawBlock({ checksum: "001234\0 " })],
  ] as const
) {
  Deno.test(`19: append refuses ${why} by name, from a file and from standard input`, async () => {
    await using dir = await tempDir();
    const path = dir.join("evil.tar");
    await Deno.writeFile(path, bytes);
    const out = ["-t", "app:v1", "-o", dir.join("out.tar")];
    const { message } = await refused(["append", "-f", path, ...out]);
    assertStringIncludes(message, `"${path}"`);
    assertStringIncludes(message, "expected a tar");
    await refused(["append", "-f", "-", ...out], { stdin: bytes });
    assertEquals(await listAll(dir.path), ["evil.tar"]);
  });
}
