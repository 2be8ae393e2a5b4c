import { assertEquals, assertThrows } from "@std/assert";
import { TarError } from "../../lib/errors.ts";
import { TarReader } from "../../lib/tar/mod.ts";
import {
  concat,
  GNU,
  latin1,
  octal,
  paxRecord,
  rawBlock,
  rawEntry,
  rawPax,
  readWhole,
} from "./raw_tar.ts";

interface Hostile {
  readonly why: string;
  readonly tar: Uint8Array;
  /** Where the damage lies. */
  readonly offset: number;
  readonly says: string;
}

const LONG_NAME = { name: "././@LongLink", type: "L", magic: GNU };
const LONG_LINK = { ...LONG_NAME, type: "K" };
const BEFORE = rawEntry({ name: "before" }, "hello");

const headers: Hostile[] = [
  {
    why: "a wrong checksum",
    tar: concat(BEFORE, rawBlock({ checksum: "001234\0 " })),
    offset: 1024,
    says: "expected checksum",
  },
  {
    why: "a checksum of letters",
    tar: rawBlock({ checksum: "abcdef\0 " }),
    offset: 0,
    says: "NaN",
  },
  { why: "text", tar: latin1("# not a tar\n".repeat(100)), offset: 0, says: "this is no tar" },
  {
    why: "gzip",
    tar: concat(latin1("\x1f\x8b\x08\0"), new Uint8Array(508).fill(7)),
    offset: 0,
    says: "or a compressed one",
  },
  { why: "letters for a mode", tar: rawEntry({ mode: "rwxr-xr\0" }), offset: 0, says: "mode" },
  { why: "a digit 8", tar: rawEntry({ mode: "0000684\0" }), offset: 0, says: '"0000684"' },
  { why: "a broken number", tar: rawEntry({ mode: "06 44  \0" }), offset: 0, says: "mode" },
  { why: "a size with a sign", tar: rawEntry({ size: "-0000000001\0" }), offset: 0, says: "size" },
  { why: "a size in hex", tar: rawEntry({ size: "0x10\0" }), offset: 0, says: "size" },
  {
    why: "a negative size in base-256",
    tar: rawEntry({ size: "\xff".repeat(12) }),
    offset: 0,
    says: "size as a number from 0 to 9007199254740991, got -1",
  },
  {
    why: "a size of 2^63",
    tar: rawEntry({ size: "\x80\0\0\0\x80\0\0\0\0\0\0\0" }),
    offset: 0,
    says: "9223372036854776000",
  },
  {
    why: "a negative size on a directory",
    tar: rawEntry({ type: "5", name: "d/", size: "\xff".repeat(12) }),
    offset: 0,
    says: "size",
  },
  {
    why: "a user below zero",
    tar: rawEntry({ uid: "\xff".repeat(8) }),
    offset: 0,
    says: "uid as a number from 0 to 4294967295, got -1",
  },
  {
    why: "a group of 2^32",
    tar: rawEntry({ gid: "\x80\0\0\x01\0\0\0\0" }),
    offset: 0,
    says: "gid",
  },
  {
    why: "a time of 2^70",
    tar: rawEntry({ mtime: "\x80\0\0\x40\0\0\0\0\0\0\0\0" }),
    offset: 0,
    says: "mtime",
  },
  {
    why: "a device number of 2^32",
    tar: rawEntry({ type: "3", deviceMajor: "\x80\0\0\x01\0\0\0\0" }),
    offset: 0,
    says: "deviceMajor",
  },
  { why: "no name", tar: rawEntry({ name: "" }), offset: 0, says: "expected a name" },
  { why: "a file named /", tar: rawEntry({ name: "/" }), offset: 0, says: "expected a name" },
  {
    why: "a symlink to nothing",
    tar: rawEntry({ type: "2" }),
    offset: 0,
    says: 'symlink "a": expected a target',
  },
  {
    why: "a hard link to nothing",
    tar: rawEntry({ type: "1" }),
    offset: 0,
    says: 'hardlink "a": expected a target',
  },
  {
    why: "a header behind a zero block",
    tar: concat(new Uint8Array(512), BEFORE),
    offset: 512,
    says: "expected a second zero block",
  },
];

const types: Hostile[] = [
  { flag: "S", says: "a GNU sparse file" },
  { flag: "D", says: "a directory dump" },
  { flag: "M", says: "another volume" },
  { flag: "N", says: "old GNU form" },
  { flag: "V", says: "a volume label" },
  { flag: "A", says: 'unknown type "A"' },
  { flag: "Z", says: 'unknown type "Z"' },
  { flag: "8", says: 'unknown type "8"' },
  { flag: "s", says: 'unknown type "s"' },
  { flag: "\x01", says: String.raw`unknown type "\u0001"` },
].map(({ flag, says }) => ({
  why: `type flag ${JSON.stringify(flag)}`,
  tar: concat(BEFORE, rawEntry({ type: flag, name: "odd" })),
  offset: 1024,
  says: `Cannot read entry "odd": expected a file, directory, link, device or fifo, got ${
    says.startsWith("unknown") ? `an ${says}` : ""
  }`,
}));

const extensions: Hostile[] = [
  {
    why: "a long name of 1 GiB",
    tar: rawBlock({ ...LONG_NAME, size: octal(2 ** 30) }),
    offset: 0,
    says: "expected at most 1048576 bytes, got 1073741824",
  },
  {
    why: "PAX records of 1 MiB and a byte",
    tar: rawBlock({ type: "x", size: octal(2 ** 20 + 1) }),
    offset: 0,
    says: "at most 1048576 bytes",
  },
  {
    why: "PAX records of a negative size",
    tar: rawBlock({ type: "x", size: "\xff".repeat(12) }),
    offset: 0,
    says: "size",
  },
  {
    why: "two long names",
    tar: concat(rawEntry(LONG_NAME, "b\0"), rawEntry(LONG_NAME, "c\0"), BEFORE),
    offset: 1024,
    says: "expected one long name for it, got two",
  },
  {
    why: "two long links",
    tar: concat(rawEntry(LONG_LINK, "b\0"), rawEntry(LONG_LINK, "c\0"), BEFORE),
    offset: 1024,
    says: "expected one long link",
  },
  {
    why: "two extended headers",
    tar: concat(rawPax({ path: "b" }), rawPax({ path: "c" }), BEFORE),
    offset: 1024,
    says: "expected one PAX header",
  },
  {
    why: "a long name beside a path",
    tar: concat(rawEntry(LONG_NAME, "b\0"), rawPax({ path: "c" }), BEFORE),
    offset: 1024,
    says: "expected one long name",
  },
  {
    why: "a linkpath beside a long link",
    tar: concat(rawPax({ linkpath: "c" }), rawEntry(LONG_LINK, "b\0"), BEFORE),
    offset: 1024,
    says: "expected one long link",
  },
  {
    why: "a long link for a file",
    tar: concat(rawEntry(LONG_LINK, "b\0"), rawEntry({})),
    offset: 1024,
    says: "expected a link for the long link before it, got file",
  },
  {
    why: "a long name without its entry",
    tar: rawEntry(LONG_NAME, "b\0"),
    offset: 1024,
    says: "expected the entry of an extension header, got the end",
  },
  {
    why: "an extended header before the end",
    tar: concat(rawPax({ path: "b" }), new Uint8Array(1024)),
    offset: 1024,
    says: "expected the entry of an extension header, got a zero block",
  },
  {
    why: "a global header between an extended header and its entry",
    tar: concat(rawPax({ path: "b" }), rawPax({ uid: "1" }, "g"), BEFORE),
    offset: 1024,
    says: "got a global header",
  },
  { why: "an empty long name", tar: rawEntry(LONG_NAME, "\0"), offset: 512, says: "long name" },
  { why: "a long name of no bytes", tar: rawEntry(LONG_NAME), offset: 512, says: "long name" },
  {
    why: "a long name with a NUL inside",
    tar: rawEntry(LONG_NAME, "a\0b\0"),
    offset: 512,
    says: "expected text and a NUL",
  },
  {
    why: "a header that disagrees with its extended header on the size",
    tar: concat(rawPax({ size: "1024" }), rawEntry({}, "hello")),
    offset: 1024,
    says: "expected one size, got 5 in its header and 1024 in its PAX records",
  },
  ...["path", "linkpath", "size", "SCHILY.xattr.security.capability"].map((key) => ({
    why: `a global ${key}`,
    tar: concat(rawPax({ [key]: "1" }, "g"), BEFORE),
    offset: 0,
    says: "Cannot read global header",
  })),
];

const records: Hostile[] = [
  { why: "no length", body: "path=b\n", says: "a decimal length" },
  { why: "only a space", body: " path=b\n", says: "a length of" },
  { why: "a length of letters", body: "xx path=b\n", says: "a decimal length" },
  { why: "a negative length", body: "-1 path=b\n", says: "a decimal length" },
  { why: "a length of 0", body: "0 path=b\n", says: "a length of" },
  { why: "a length within itself", body: "2 path=b\n", says: "and a newline" },
  { why: "a length past the end", body: "99 path=b\n", says: "at most the 10 bytes that are left" },
  { why: "an endless length", body: `${"9".repeat(400)} path=b\n`, says: "a decimal length" },
  { why: "a length too short", body: "8 path=b\n", says: "and a newline" },
  { why: "no equals sign", body: "9 path b\n", says: "LENGTH KEY=VALUE" },
  { why: "an equals sign of the next record", body: "4 a\n7 b=c\n\n", says: "LENGTH KEY=VALUE" },
  { why: "no key", body: "5 =b\n", says: "a key without NUL" },
  { why: "a NUL in the key", body: paxRecord("a\0b", "c"), says: "a key without NUL" },
  { why: "a NUL in the path", body: paxRecord("path", "b\0c"), says: "a path without NUL" },
  { why: "a NUL in the target", body: paxRecord("linkpath", "\0"), says: "a linkpath without NUL" },
  { why: "a NUL in the owner", body: paxRecord("uname", "\0"), says: "a uname without NUL" },
  { why: "a NUL in the group", body: paxRecord("gname", "\0"), says: "a gname without NUL" },
  { why: "a negative size", body: paxRecord("size", "-1"), says: "a decimal size" },
  { why: "a size in hex", body: paxRecord("size", "0x10"), says: "a decimal size" },
  { why: "a size with an exponent", body: paxRecord("size", "1e3"), says: "a decimal size" },
  { why: "a size with a fraction", body: paxRecord("size", "1.5"), says: "a decimal size" },
  { why: "a size with a NUL", body: paxRecord("size", "5\0"), says: "a decimal size" },
  { why: "a negative user", body: paxRecord("uid", "-1"), says: "a decimal uid" },
  { why: "a time of letters", body: paxRecord("mtime", "now"), says: "a decimal mtime" },
  { why: "a time with an exponent", body: paxRecord("mtime", "1e18"), says: "a decimal mtime" },
  { why: "an unknown charset", body: paxRecord("hdrcharset", "EBCDIC"), says: "hdrcharset" },
  { why: "an attribute without a name", body: paxRecord("SCHILY.xattr.", "1"), says: "attribute" },
  {
    why: "an attribute that is not base64",
    body: paxRecord("LIBARCHIVE.xattr.user.a", "%%"),
    says: "expected base64",
  },
  {
    why: "an attribute whose name is not percent-encoded",
    body: paxRecord("LIBARCHIVE.xattr.%", "cmF3"),
    says: "expected base64",
  },
  {
    why: "a sparse file of PAX 1.0",
    body: paxRecord("GNU.sparse.major", "1"),
    says: "sparse file",
  },
  { why: "a sparse map of PAX 0.1", body: paxRecord("GNU.sparse.map", "0,1"), says: "sparse file" },
  { why: "a sparse file of star", body: paxRecord("SCHILY.realsize", "1"), says: "sparse file" },
].map(({ why, body, says }) => ({
  why: `a record with ${why}`,
  tar: concat(rawEntry({ type: "x" }, body), BEFORE),
  offset: 512,
  says,
}));

const outOfRange: Hostile[] = [
  { key: "size", value: "9223372036854775808" },
  { key: "uid", value: "4294967296" },
  { key: "gid", value: "99999999999999999999" },
  { key: "mtime", value: "9223372036854775808" },
].map(({ key, value }) => ({
  why: `a record with ${key} ${value}`,
  tar: concat(rawPax({ [key]: value }), BEFORE),
  offset: 1024,
  says: key,
}));

Deno.test.each([...headers, ...types, ...extensions, ...records, ...outOfRange])(
  "a tar with $why is refused where it is damaged",
  ({ tar, offset, says }) => {
    for (const sizes of [[tar.length], [100]]) {
      const error = assertThrows(() => readWhole(tar, sizes), TarError, says);
      assertEquals(error.offset, offset);
    }
  },
);

Deno.test.each([
  { junk: "junk", says: '"junk"' },
  { junk: "\0\0", says: "a decimal length" },
  { junk: "5 a=b", says: "and a newline" },
])("junk behind the first record, $junk, is refused where it lies", ({ junk, says }) => {
  const first = paxRecord("path", "b");
  const tar = rawEntry({ type: "x" }, first + junk);
  const error = assertThrows(() => readWhole(tar), TarError, says);
  assertEquals(error.offset, 512 + first.length);
});

Deno.test("a long name that is announced takes no memory before it comes", () => {
  assertThrows(
    () => [...new TarReader().push(rawBlock({ ...LONG_NAME, size: octal(2 ** 30) }))],
    TarError,
    "at most",
  );
});

Deno.test("names of 64 KiB and of ten thousand levels are read", () => {
  for (const path of ["n".repeat(65536), "d/".repeat(10_000) + "f"]) {
    const { entries: [entry] } = readWhole(concat(rawPax({ path }), rawEntry({})));
    assertEquals(entry?.header.name, path);
  }
});

Deno.test("a name of 1 MiB that is no UTF-8 is read in time that grows with it alone", () => {
  const path = "\xff".repeat(2 ** 20 - 20);
  const { entries: [entry] } = readWhole(concat(rawPax({ path }), rawEntry({})));
  assertEquals(entry?.header.name, "\udcff".repeat(path.length));
});

Deno.test("a damaged tar is read or refused with a TarError, in twenty thousand ways", () => {
  const tar = concat(
    rawPax({ path: "b", "SCHILY.xattr.user.a": "1" }),
    rawEntry({}, "hello"),
    rawEntry(LONG_NAME, "long\0"),
    rawEntry({ type: "2", linkName: "b" }),
    new Uint8Array(1024),
  );
  let state = 1;
  const random = (below: number) => {
    state = (state * 48271) % 0x7fffffff;
    return state % below;
  };
  for (let round = 0; round < 20_000; round++) {
    const damaged = tar.slice(0, random(3) === 0 ? random(tar.length) : tar.length);
    for (let i = random(4); i >= 0; i--) damaged[random(tar.length)] = random(256);
    try {
      readWhole(damaged);
    } catch (error) {
      if (!(error instanceof TarError)) throw error;
    }
  }
});
