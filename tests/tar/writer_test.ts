import { assertEquals, assertThrows } from "@std/assert";
import headers from "../fixtures/tar-headers-golden.json" with { type: "json" };
import { digestBytes } from "../../lib/oci/digest.ts";
import { encodeHeader, END_OF_ARCHIVE, paddingOf, type TarHeader } from "../../lib/tar/mod.ts";

const FILE: TarHeader = { type: "file", name: "a", size: 0, mode: 0o644, uid: 0, gid: 0, mtime: 0 };

Deno.test("encodeHeader() asks for no permission", { permissions: "none" }, () => {
  assertEquals(encodeHeader(FILE).length, 512);
});

for (const { name, header, xattrsBase64, blocks, sha256 } of headers.cases) {
  Deno.test(`encodeHeader() writes ${name} byte for byte as Go does`, async () => {
    const xattrs = Object.entries<string>(xattrsBase64 ?? {})
      .map(([key, value]) => [key, Uint8Array.fromBase64(value)] as const);
    const bytes = encodeHeader({
      ...header,
      ...(xattrs.length > 0 && { xattrs: new Map(xattrs) }),
    } as TarHeader);
    assertEquals(bytes.length / 512, blocks);
    assertEquals(await digestBytes(bytes), `sha256:${sha256}`);
  });
}

Deno.test("mtime is written in whole seconds, rounded down", () => {
  assertEquals(encodeHeader({ ...FILE, mtime: 1.999 }), encodeHeader({ ...FILE, mtime: 1 }));
  assertEquals(encodeHeader({ ...FILE, mtime: -0.5 }), encodeHeader({ ...FILE, mtime: -1 }));
});

Deno.test("an empty map of attributes needs no extended header", () => {
  assertEquals(encodeHeader({ ...FILE, xattrs: new Map() }), encodeHeader(FILE));
});

Deno.test.each([
  { size: 0, padding: 0 },
  { size: 1, padding: 511 },
  { size: 511, padding: 1 },
  { size: 512, padding: 0 },
  { size: 513, padding: 511 },
  { size: 2 ** 40 + 1, padding: 511 },
])("a body of $size bytes is followed by $padding bytes", ({ size, padding }) => {
  assertEquals(paddingOf(size), padding);
});

Deno.test("the end of an archive is two zero blocks", () => {
  assertEquals(END_OF_ARCHIVE, new Uint8Array(1024));
});

const LINK: TarHeader = { ...FILE, type: "symlink", linkName: "b" };

Deno.test.each<{ why: string; header: TarHeader; error: typeof TypeError; says: string }>([
  { why: "an empty name", header: { ...FILE, name: "" }, error: TypeError, says: "a name" },
  {
    why: "a NUL in the name",
    header: { ...FILE, name: "a\0b" },
    error: TypeError,
    says: "name without NUL",
  },
  {
    why: "half a character in the name",
    header: { ...FILE, name: "a\ud800" },
    error: TypeError,
    says: "whole characters",
  },
  {
    why: "a NUL in the target",
    header: { ...LINK, linkName: "b\0" },
    error: TypeError,
    says: "linkName without NUL",
  },
  {
    why: "a NUL in the owner",
    header: { ...FILE, userName: "\0" },
    error: TypeError,
    says: "userName without NUL",
  },
  {
    why: "a file with a directory's name",
    header: { ...FILE, name: "a/" },
    error: TypeError,
    says: 'without "/" at its end',
  },
  {
    why: "a link to nowhere",
    header: { ...FILE, type: "hardlink" },
    error: TypeError,
    says: "expected a linkName",
  },
  {
    why: "a file with a target",
    header: { ...FILE, linkName: "b" },
    error: TypeError,
    says: "no linkName",
  },
  {
    why: "an attribute name with =",
    header: { ...FILE, xattrs: new Map([["user.a=b", new Uint8Array()]]) },
    error: TypeError,
    says: "user.a=b",
  },
  {
    why: "an attribute without a name",
    header: { ...FILE, xattrs: new Map([["", new Uint8Array()]]) },
    error: TypeError,
    says: "xattr names",
  },
  {
    why: "a directory with a body",
    header: { ...FILE, type: "directory", name: "a/", size: 1 },
    error: RangeError,
    says: "size from 0 to 0",
  },
  { why: "a negative size", header: { ...FILE, size: -1 }, error: RangeError, says: "got -1" },
  { why: "a broken size", header: { ...FILE, size: 0.5 }, error: RangeError, says: "got 0.5" },
  {
    why: "a size of 2^53",
    header: { ...FILE, size: 2 ** 53 },
    error: RangeError,
    says: "9007199254740992",
  },
  {
    why: "file type bits in the mode",
    header: { ...FILE, mode: 0o100644 },
    error: RangeError,
    says: "mode from 0 to 4095",
  },
  {
    why: "a user of 2^32",
    header: { ...FILE, uid: 2 ** 32 },
    error: RangeError,
    says: "uid from 0 to 4294967295",
  },
  { why: "a negative group", header: { ...FILE, gid: -1 }, error: RangeError, says: "gid" },
  { why: "no time", header: { ...FILE, mtime: NaN }, error: RangeError, says: "mtime" },
  {
    why: "an endless time",
    header: { ...FILE, mtime: Infinity },
    error: RangeError,
    says: "mtime",
  },
  {
    why: "a device number past seven octal digits",
    header: { ...FILE, type: "block-device", deviceMajor: 2097152 },
    error: RangeError,
    says: "deviceMajor from 0 to 2097151",
  },
  {
    why: "a file with a device number",
    header: { ...FILE, deviceMinor: 1 },
    error: RangeError,
    says: "deviceMinor from 0 to 0",
  },
  {
    why: "attributes of more than 1 MiB",
    header: { ...FILE, xattrs: new Map([["user.a", new Uint8Array(1024 * 1024)]]) },
    error: RangeError,
    says: "at most 1048576 bytes",
  },
])("encodeHeader() refuses $why", ({ header, error, says }) => {
  assertThrows(() => encodeHeader(header), error, says);
});
