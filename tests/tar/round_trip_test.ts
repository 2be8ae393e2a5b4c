import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  encodeHeader,
  END_OF_ARCHIVE,
  type EntryType,
  paddingOf,
  type TarHeader,
} from "../../lib/tar/mod.ts";
import { concat, latin1, paxRecord, rawEntry, rawPax, readOne, readWhole } from "./raw_tar.ts";

const segment = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z.-]{1,40}$/) },
  text(20).filter((text) => text !== "" && !text.includes("/")),
  fc.constantFrom("..", "\udcff", "ä\udc80", "x".repeat(100), "y".repeat(155), "﻿bom"),
);
const name = fc.array(segment, { minLength: 1, maxLength: 8 }).map((parts) => parts.join("/"));
const id = fc.oneof(
  fc.nat(2000),
  fc.constantFrom(2097151, 2097152, 2 ** 31, 2 ** 32 - 1),
);
const device = fc.oneof(fc.nat(300), fc.constantFrom(2097151));
const xattrs = fc.array(
  fc.tuple(
    text(30).filter((name) => /^[^=]+$/.test(name)),
    fc.uint8Array({ maxLength: 200 }),
  ),
  { minLength: 1, maxLength: 4 },
).map((pairs) => new Map(pairs));

const vendorRecords = fc.dictionary(
  fc.stringMatching(/^(?:MSWINDOWS|LIBARCHIVE|APK-TOOLS|RHT)\.[a-z.]{1,10}$/)
    .filter((key) => !key.startsWith("LIBARCHIVE.xattr.")),
  fc.uint8Array({ minLength: 1, maxLength: 50 }),
  { minKeys: 1, maxKeys: 3 },
).map((records) => new Map(Object.entries(records)));

const type = fc.constantFrom<EntryType>(
  "file",
  "directory",
  "symlink",
  "hardlink",
  "character-device",
  "block-device",
  "fifo",
);

/** Any header that is not refused, with nothing in it that reads back otherwise. */
const header = fc.record({
  type,
  name,
  isSlashed: fc.boolean(),
  linkName: name,
  size: fc.oneof(fc.nat(1100), fc.constantFrom(0, 511, 512, 513)),
  mode: fc.nat(0o7777),
  uid: id,
  gid: id,
  userName: text(40),
  groupName: text(40),
  mtime: fc.oneof(
    fc.integer(),
    fc.constantFrom(0, -1, 8589934591, 8589934592, -(2 ** 40), 2 ** 53),
  ),
  deviceMajor: device,
  deviceMinor: device,
  xattrs: fc.option(xattrs, { nil: undefined, freq: 3 }),
  vendorRecords: fc.option(vendorRecords, { nil: undefined, freq: 3 }),
}).map((all): TarHeader => ({
  type: all.type,
  name: all.type === "directory" && all.isSlashed ? `${all.name}/` : all.name,
  ...(all.type.endsWith("link") && { linkName: all.linkName }),
  size: all.type === "file" ? all.size : 0,
  mode: all.mode,
  uid: all.uid,
  gid: all.gid,
  ...(all.userName !== "" && { userName: all.userName }),
  ...(all.groupName !== "" && { groupName: all.groupName }),
  mtime: all.mtime,
  ...(all.type.endsWith("device") &&
    { deviceMajor: all.deviceMajor, deviceMinor: all.deviceMinor }),
  ...(all.xattrs !== undefined && { xattrs: all.xattrs }),
  ...(all.vendorRecords !== undefined && { vendorRecords: all.vendorRecords }),
}));

Deno.test("any header and any body read back, whatever pieces they come in", () => {
  fc.assert(
    fc.property(
      fc.array(header, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 8 }),
      (headers, sizes) => {
        const bodies = headers.map(({ size }, i) => new Uint8Array(size).fill(i + 1));
        const parts = headers.flatMap((header, i) => [
          encodeHeader(header),
          bodies[i] ?? new Uint8Array(),
          new Uint8Array(paddingOf(header.size)),
        ]);
        const { entries, isEnded } = readWhole(concat(...parts, END_OF_ARCHIVE), sizes);
        assertEquals(isEnded, true);
        assertEquals(entries.map(({ header }) => header), headers);
        assertEquals(entries.map(({ body }) => body), bodies);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("what is read back is written again with the same bytes", () => {
  fc.assert(fc.property(header, (header) => {
    const bytes = encodeHeader(header);
    const body = new Uint8Array(header.size + paddingOf(header.size));
    const { entries: [entry] } = readWhole(concat(bytes, body));
    assertEquals(entry && encodeHeader(entry.header), bytes);
  }));
});

Deno.test("a name of any bytes reads and writes back as it was", () => {
  const stray = fc.uint8Array({ minLength: 1, maxLength: 120 })
    .map((bytes) => String.fromCharCode(0xff, ...bytes.map((byte) => byte || 1)))
    .map((name) => name.replace(/\/+$/, "_"));
  fc.assert(fc.property(stray, (path) => {
    const record = latin1(paxRecord("path", path));
    const written = encodeHeader(readOne(rawPax({ path }), rawEntry({})));
    assertEquals(written.slice(512, 512 + record.length), record);
  }));
});

function text(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: "grapheme", maxLength }).filter((text) => !text.includes("\0"));
}
