import { assertEquals, assertThrows } from "@std/assert";
import { TarError } from "../../lib/errors.ts";
import {
  encodeHeader,
  END_OF_ARCHIVE,
  type TarEvent,
  type TarHeader,
  TarReader,
} from "../../lib/tar/mod.ts";
import {
  concat,
  GNU,
  latin1,
  octal,
  paxRecord,
  rawBlock,
  rawEntry,
  type RawFields,
  rawPax,
  readOne,
  readWhole,
} from "./raw_tar.ts";

const FILE: TarHeader = { type: "file", name: "a", size: 0, mode: 0o644, uid: 0, gid: 0, mtime: 0 };

Deno.test("TarReader asks for no permission", { permissions: "none" }, () => {
  assertEquals(readOne(rawEntry({})), FILE);
});

Deno.test.each<{ flag: string; fields?: RawFields; expected: Partial<TarHeader> }>([
  { flag: "0", expected: { type: "file" } },
  { flag: "\0", expected: { type: "file" } },
  { flag: "7", expected: { type: "file" } },
  { flag: "1", fields: { linkName: "b" }, expected: { type: "hardlink", linkName: "b" } },
  { flag: "2", fields: { linkName: "../b" }, expected: { type: "symlink", linkName: "../b" } },
  {
    flag: "3",
    fields: { deviceMajor: "0000001\0", deviceMinor: "0000003\0" },
    expected: { type: "character-device", deviceMajor: 1, deviceMinor: 3 },
  },
  {
    flag: "4",
    fields: { deviceMajor: "0000010\0", deviceMinor: "\x80\0\0\0\0\x0f\xff\xff" },
    expected: { type: "block-device", deviceMajor: 8, deviceMinor: 1048575 },
  },
  { flag: "5", expected: { type: "directory" } },
  { flag: "6", expected: { type: "fifo" } },
])("type flag $flag makes a $expected.type", ({ flag, fields, expected }) => {
  assertEquals(readOne(rawEntry({ type: flag, ...fields })), { ...FILE, ...expected });
});

Deno.test("a name that ends in a slash makes a directory of a file without a type flag", () => {
  assertEquals(readOne(rawEntry({ type: "\0", name: "a/", magic: "" })), {
    ...FILE,
    type: "directory",
    name: "a/",
  });
});

Deno.test("a file does not keep a slash at the end of its name", () => {
  assertEquals(readOne(rawEntry({ type: "0", name: "a//" })), FILE);
});

Deno.test.each<{ why: string; fields: RawFields; expected: Partial<TarHeader> }>([
  { why: "spaces in front of digits", fields: { mode: "   755 \0" }, expected: { mode: 0o755 } },
  { why: "digits without an end", fields: { mode: "00000755" }, expected: { mode: 0o755 } },
  { why: "empty fields", fields: { mode: "", uid: "        " }, expected: { mode: 0, uid: 0 } },
  { why: "the file type in the mode", fields: { mode: "0100755\0" }, expected: { mode: 0o755 } },
  {
    why: "base-256",
    fields: { uid: "\x80\0\0\0\x80\0\0\0", mtime: "\x80\0\0\0\0\0\0\x02\0\0\0\0" },
    expected: { uid: 2 ** 31, mtime: 2 ** 33 },
  },
  {
    why: "base-256 below zero",
    fields: { mtime: "\xff".repeat(11) + "\xfe" },
    expected: { mtime: -2 },
  },
  {
    why: "owner and group names",
    fields: { userName: "root", groupName: "g".repeat(32) },
    expected: { userName: "root", groupName: "g".repeat(32) },
  },
  {
    why: "owner and group names of GNU",
    fields: { userName: "root", magic: GNU },
    expected: { userName: "root" },
  },
  {
    why: "no owner names in v7",
    fields: { userName: "root", deviceMajor: "junk", magic: "" },
    expected: {},
  },
  {
    why: "prefix and name",
    fields: { prefix: "p".repeat(155), name: "n".repeat(100) },
    expected: { name: `${"p".repeat(155)}/${"n".repeat(100)}` },
  },
  { why: "no prefix in GNU", fields: { prefix: "14412342123", magic: GNU }, expected: {} },
  {
    why: "a prefix in GNU, as Go wrote before 1.8",
    fields: { prefix: "p".repeat(88), name: "foo", magic: GNU },
    expected: { name: `${"p".repeat(88)}/foo` },
  },
  {
    why: "the short prefix of star, with two times behind it",
    fields: { prefix: `${"p".repeat(130)}\0${octal(1)}${octal(2)}${"\0".repeat(8)}tar\0` },
    expected: { name: `${"p".repeat(130)}/a` },
  },
  { why: "a name in UTF-8", fields: { name: "\xc3\xa4" }, expected: { name: "ä" } },
])("a header field holds $why", ({ fields, expected }) => {
  assertEquals(readOne(rawEntry(fields)), { ...FILE, ...expected });
});

Deno.test("bytes above 127 may count as negative in the checksum", () => {
  const block = rawBlock({ name: "\xe4\xf6" });
  const sum = block.reduce(
    (total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte > 127 ? byte - 256 : byte),
    0,
  );
  const signed = rawBlock({ name: "\xe4\xf6", checksum: `${sum.toString(8).padStart(6, "0")}\0 ` });
  assertEquals(readOne(signed).name, "\udce4\udcf6");
});

Deno.test.each<{ why: string; records: Record<string, string>; expected: Partial<TarHeader> }>([
  { why: "a path", records: { path: "b/\xc3\xa4" }, expected: { name: "b/ä" } },
  {
    why: "owners",
    records: { uid: "4294967295", gid: "7" },
    expected: { uid: 2 ** 32 - 1, gid: 7 },
  },
  {
    why: "names of owners",
    records: { uname: "u".repeat(40), gname: "g" },
    expected: { userName: "u".repeat(40), groupName: "g" },
  },
  {
    why: "a part of a second",
    records: { mtime: "1350244992.25" },
    expected: { mtime: 1350244992.25 },
  },
  { why: "a time before 1970", records: { mtime: "-1.5" }, expected: { mtime: -1.5 } },
  { why: "a time far away", records: { mtime: "1000000000000000000" }, expected: { mtime: 1e18 } },
  { why: "UTF-8 as its charset", records: { hdrcharset: "ISO-IR 10646 2000 UTF-8" }, expected: {} },
  {
    why: "raw bytes as its charset",
    records: { hdrcharset: "BINARY", path: "\xff\xc3\xa4\xe4" },
    expected: { name: "\udcffä\udce4" },
  },
  { why: "things of no concern", records: { atime: "1", comment: "", "V.k": "" }, expected: {} },
  { why: "nothing", records: {}, expected: {} },
])("an extended header may tell $why", ({ records, expected }) => {
  assertEquals(readOne(rawPax(records), rawEntry({})), { ...FILE, ...expected });
});

Deno.test("an extended header of Solaris is one too", () => {
  assertEquals(readOne(rawPax({ path: "b" }, "X"), rawEntry({})).name, "b");
});

Deno.test("an extended header may tell the size, and the header need not", () => {
  const tar = concat(rawPax({ size: "5" }), rawEntry({ size: octal(0) }, "hello"));
  const { entries: [entry] } = readWhole(tar);
  assertEquals(entry?.header.size, 5);
  assertEquals(entry?.body, latin1("hello"));
});

Deno.test("an extended header may tell a size above 8 GiB", () => {
  const header = { ...FILE, size: 2 ** 33 };
  assertEquals(readEvents(encodeHeader(header))[0], {
    kind: "entry",
    header,
    offset: 1536,
    headerOffset: 0,
  });
});

Deno.test("zeros in front of a number in an extended header do not count", () => {
  const tar = concat(rawPax({ size: "0".repeat(30) + "5" }), rawEntry({}, "hello"));
  assertEquals(readWhole(tar).entries[0]?.header.size, 5);
});

Deno.test("the last of two records with one key counts", () => {
  const records = paxRecord("path", "b") + paxRecord("path", "c");
  assertEquals(readOne(rawEntry({ type: "x" }, records), rawEntry({})).name, "c");
});

Deno.test("extended attributes keep every byte of their values", () => {
  const header = readOne(
    rawPax({
      "SCHILY.xattr.security.capability": "\x01\0\0\x02\n=\xff",
      "SCHILY.xattr.user.empty": "",
    }),
    rawEntry({}),
  );
  assertEquals(
    header.xattrs,
    new Map([
      ["security.capability", latin1("\x01\0\0\x02\n=\xff")],
      ["user.empty", new Uint8Array()],
    ]),
  );
});

Deno.test.each([
  { why: "alone", records: {}, value: "raw" },
  {
    why: "beside the raw one, which wins",
    records: { "SCHILY.xattr.user.a b": "own" },
    value: "own",
  },
])("an attribute in libarchive's form is read $why", ({ records, value }) => {
  const libarchive = { "LIBARCHIVE.xattr.user.a%20b": "cmF3" };
  for (const all of [{ ...libarchive, ...records }, { ...records, ...libarchive }]) {
    const { xattrs } = readOne(rawPax(all), rawEntry({}));
    assertEquals(xattrs, new Map([["user.a b", latin1(value)]]));
  }
});

Deno.test("records of vendors are kept, but for what is of the machine, the tar or all entries", () => {
  const kept = { "MSWINDOWS.rawsd": "AQ==", "SCHILY.acl.access": "user::rw-", "RHT.x": "\xff\n" };
  const dropped = {
    "SCHILY.ino": "7",
    "SCHILY.dev": "1",
    "atime": "3",
    "comment": "x",
    "x.y": "z",
    "V.k": "",
  };
  const tar = [rawPax({ "MSWINDOWS.y": "all" }, "g"), rawPax({ ...kept, ...dropped })];
  const { vendorRecords } = readOne(...tar, rawEntry({}));
  const expected = Object.entries(kept).map(([key, value]) => [key, latin1(value)] as const);
  assertEquals(vendorRecords, new Map(expected));
});

Deno.test("a kept attribute does not change with the bytes that were pushed", () => {
  const tar = concat(rawPax({ "SCHILY.xattr.user.a": "old" }), rawEntry({}));
  const header = readOne(tar);
  tar.fill(0);
  assertEquals(header.xattrs?.get("user.a"), latin1("old"));
});

Deno.test("a global header holds for all entries, unless one says otherwise", () => {
  const tar = concat(
    rawPax({ uid: "7", mtime: "3", comment: "of git" }, "g"),
    rawEntry({ name: "global" }),
    rawPax({ uid: "8" }),
    rawEntry({ name: "own" }),
    rawPax({ uid: "" }),
    rawEntry({ name: "from the block", uid: "0000011\0" }),
    rawPax({ uid: "" }, "g"),
    rawEntry({ name: "taken back" }),
  );
  assertEquals(
    readWhole(tar).entries.map(({ header: { name, uid, mtime } }) => ({ name, uid, mtime })),
    [
      { name: "global", uid: 7, mtime: 3 },
      { name: "own", uid: 8, mtime: 3 },
      { name: "from the block", uid: 9, mtime: 3 },
      { name: "taken back", uid: 0, mtime: 3 },
    ],
  );
});

Deno.test("GNU's long names and links are read, once each", () => {
  const name = "n".repeat(300);
  const target = "\xc3\xa4".repeat(200);
  const tar = concat(
    rawEntry({ name: "././@LongLink", type: "K", magic: GNU }, `${target}\0`),
    rawEntry({ name: "././@LongLink", type: "L", magic: GNU }, `${name}\0`),
    rawEntry({ name: name.slice(0, 100), type: "2", linkName: "cut", magic: GNU }),
    rawEntry({ name: "next", magic: GNU }),
  );
  assertEquals(
    readWhole(tar).entries.map(({ header }) => [header.name, header.linkName]),
    [[name, "ä".repeat(200)], ["next", undefined]],
  );
});

Deno.test("entries say where they and their bodies lie", () => {
  const tar = concat(
    rawEntry({ name: "first" }, "hello"),
    rawPax({ path: "second" }),
    rawEntry({}, "world"),
  );
  const { entries } = readWhole(tar);
  assertEquals(
    entries.map(({ header, headerOffset, offset }) => [header.name, headerOffset, offset]),
    [["first", 0, 512], ["second", 1024, 2560]],
  );
  for (const { body, offset } of entries) {
    assertEquals(tar.slice(offset, offset + 5), body);
  }
});

Deno.test.each([
  { why: "a directory", fields: { type: "5", name: "d/" } },
  { why: "a symlink", fields: { type: "2", linkName: "b" } },
  { why: "a hard link", fields: { type: "1", linkName: "b" } },
])("a size on $why means no body", ({ fields }) => {
  const tar = concat(rawBlock({ ...fields, size: octal(512) }), rawEntry({ name: "next" }));
  assertEquals(readWhole(tar).entries.map(({ header: { size } }) => size), [0, 0]);
});

Deno.test("bodies are views of the bytes that were pushed", () => {
  const tar = rawEntry({}, "hello");
  const [, body] = readEvents(tar);
  assertEquals(body?.kind === "body" && body.bytes.buffer === tar.buffer, true);
});

Deno.test("the pieces a tar comes in do not matter", () => {
  const tar = concat(
    rawPax({ path: "long", "SCHILY.xattr.user.a": "\0\n" }),
    rawEntry({}, "x".repeat(1000)),
    rawEntry({ name: "././@LongLink", type: "L", magic: GNU }, `${"n".repeat(600)}\0`),
    rawEntry({ magic: GNU }, "y".repeat(512)),
    rawEntry({ name: "d/", type: "5" }),
    END_OF_ARCHIVE,
    latin1("junk"),
  );
  const whole = readWhole(tar);
  assertEquals(whole.entries.length, 3);
  for (const sizes of [[1], [511], [512], [513], [1, 1023, 7], [100_000]]) {
    assertEquals(readWhole(tar, sizes), whole);
  }
});

Deno.test.each([
  { why: "two zero blocks", end: END_OF_ARCHIVE, isEnded: true },
  { why: "zero blocks up to GNU's record", end: new Uint8Array(9216), isEnded: true },
  { why: "one zero block", end: new Uint8Array(512), isEnded: false },
  { why: "nothing", end: new Uint8Array(), isEnded: false },
  { why: "junk after the zero blocks", end: concat(END_OF_ARCHIVE, latin1("junk")), isEnded: true },
])("a tar may end in $why", ({ end, isEnded }) => {
  const found = readWhole(concat(rawEntry({}, "hello"), end));
  assertEquals(found.entries.length, 1);
  assertEquals(found.isEnded, isEnded);
});

Deno.test("no bytes at all are an empty tar", () => {
  assertEquals(readWhole(new Uint8Array()), { entries: [], isEnded: false });
});

Deno.test("a tar that is cut anywhere but between entries is refused", () => {
  const tar = concat(
    rawPax({ path: "b" }),
    rawEntry({}, "hello"),
    rawEntry({ name: "empty" }),
    END_OF_ARCHIVE,
  );
  const boundaries = [0, 2048, 2560, 3072, 3584];
  for (let length = 0; length <= tar.length; length++) {
    const cut = tar.subarray(0, length);
    if (boundaries.includes(length)) readWhole(cut);
    else assertThrows(() => readWhole(cut), TarError, "Cannot read tar");
  }
});

function readEvents(tar: Uint8Array): TarEvent[] {
  return [...new TarReader().push(tar)];
}
