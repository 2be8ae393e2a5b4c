import { BLOCK_SIZE, checksumOf, FIELD, type Field, paddingOf, USTAR_MAGIC } from "./block.ts";
import { checkHeader } from "./check_header.ts";
import type { EntryType, TarHeader } from "./entry.ts";
import { MAX_EXTENSION_BYTES } from "./extensions.ts";
import { octalLimit, writeOctal } from "./number.ts";
import { formatPax, XATTR_PREFIX } from "./pax.ts";
import { paxHeaderName, type SplitName, splitName, toPlain } from "./name.ts";
import { encodeText, isPlain } from "./text.ts";

export { paddingOf };

/** The two zero blocks that end a tar. Copy them before the buffer is transferred. */
export const END_OF_ARCHIVE: Uint8Array = new Uint8Array(2 * BLOCK_SIZE);

const TYPE_FLAGS: Readonly<Record<EntryType, string>> = {
  "file": "0",
  "hardlink": "1",
  "symlink": "2",
  "character-device": "3",
  "block-device": "4",
  "directory": "5",
  "fifo": "6",
};

const PAX_FLAG = "x";
const USTAR_VERSION = "00";
const SPACE = 0x20;

/** The checksum field without its last byte, which is a space. */
const CHECKSUM_DIGITS: Field = {
  start: FIELD.checksum.start,
  length: FIELD.checksum.length - 1,
};

/**
 * Makes all that stands in front of an entry's body: a ustar block, and before it a PAX extended
 * header where ustar cannot say it all.
 *
 * The same header gives the same bytes everywhere, those that Go's `archive/tar` writes. `mtime` is
 * written in whole seconds, rounded down. Behind the body go {@linkcode paddingOf} zeros, and behind
 * the last entry {@linkcode END_OF_ARCHIVE}.
 *
 * @throws {TypeError} When a name or link is missing, holds a NUL or does not go with the type.
 * @throws {RangeError} When a number is out of its range, or names and attributes take over 1 MiB.
 * @example
 * ```ts
 * import { encodeHeader } from "@davit/davit/tar";
 *
 * const block = encodeHeader({
 *   type: "file",
 *   name: "etc/motd",
 *   size: 6,
 *   mode: 0o644,
 *   uid: 0,
 *   gid: 0,
 *   mtime: 0,
 * });
 * console.assert(block.length === 512);
 * ```
 */
export function encodeHeader(header: TarHeader): Uint8Array {
  checkHeader(header);
  const split = splitName(header.name);
  const records = paxRecordsOf(header, split);
  if (records === undefined) return encodeBlock(header, split);
  const body = formatPax(records);
  if (body.length > MAX_EXTENSION_BYTES) {
    throw new RangeError(
      `Cannot write entry ${JSON.stringify(header.name.slice(0, 100))}: expected names and ` +
        `attributes of at most ${MAX_EXTENSION_BYTES} bytes, got ${body.length}`,
    );
  }
  const bytes = new Uint8Array(2 * BLOCK_SIZE + body.length + paddingOf(body.length));
  bytes.set(encodePaxBlock(header, body.length));
  bytes.set(body, BLOCK_SIZE);
  bytes.set(encodeBlock(header, undefined), bytes.length - BLOCK_SIZE);
  return bytes;
}

/** What the ustar block of an entry cannot hold; `undefined` when it holds all. */
function paxRecordsOf(
  header: TarHeader,
  split: SplitName | undefined,
): Map<string, Uint8Array> | undefined {
  const { name, linkName = "", userName = "", groupName = "", size, uid, gid } = header;
  const { xattrs, vendorRecords } = header;
  const mtime = Math.floor(header.mtime);
  let records: Map<string, Uint8Array> | undefined;
  const add = (key: string, value: string | Uint8Array): void => {
    records ??= new Map();
    records.set(key, typeof value === "string" ? encodeText(value) : value);
  };
  if (!fits(linkName, FIELD.linkName)) add("linkpath", linkName);
  if (!fits(userName, FIELD.userName)) add("uname", userName);
  if (!fits(groupName, FIELD.groupName)) add("gname", groupName);
  if (size >= octalLimit(FIELD.size)) add("size", `${size}`);
  if (uid >= octalLimit(FIELD.uid)) add("uid", `${uid}`);
  if (gid >= octalLimit(FIELD.gid)) add("gid", `${gid}`);
  if (mtime < 0 || mtime >= octalLimit(FIELD.mtime)) add("mtime", `${BigInt(mtime)}`);
  xattrs?.forEach((value, key) => add(XATTR_PREFIX + key, value));
  vendorRecords?.forEach((value, key) => add(key, value));
  if (split === undefined || (records !== undefined && split.prefix !== "")) add("path", name);
  return records;
}

function fits(text: string, field: Field): boolean {
  return text === "" || (text.length <= field.length && isPlain(text));
}

/** The block of the entry itself: what does not fit is left to the extended header before it. */
function encodeBlock(header: TarHeader, split: SplitName | undefined): Uint8Array {
  const { type, size, mode, uid, gid, mtime, deviceMajor = 0, deviceMinor = 0 } = header;
  const block = new Uint8Array(BLOCK_SIZE);
  writeText(block, FIELD.name, split?.name ?? toPlain(header.name));
  writeNumber(block, FIELD.mode, mode);
  writeNumber(block, FIELD.uid, uid);
  writeNumber(block, FIELD.gid, gid);
  writeNumber(block, FIELD.size, size);
  writeNumber(block, FIELD.mtime, Math.floor(mtime));
  writeText(block, FIELD.typeFlag, TYPE_FLAGS[type]);
  writeText(block, FIELD.linkName, toPlain(header.linkName ?? ""));
  writeText(block, FIELD.userName, toPlain(header.userName ?? ""));
  writeText(block, FIELD.groupName, toPlain(header.groupName ?? ""));
  writeNumber(block, FIELD.deviceMajor, deviceMajor);
  writeNumber(block, FIELD.deviceMinor, deviceMinor);
  writeText(block, FIELD.prefix, split?.prefix ?? "");
  return seal(block);
}

/** The block in front of the records. */
function encodePaxBlock(header: TarHeader, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE);
  writeText(block, FIELD.name, paxHeaderName(header.name));
  for (const field of [FIELD.mode, FIELD.uid, FIELD.gid, FIELD.mtime]) writeNumber(block, field, 0);
  writeNumber(block, FIELD.size, size);
  writeText(block, FIELD.typeFlag, PAX_FLAG);
  return seal(block);
}

/** Writes ASCII text, as much as fits. Cut text never ends in `/`: that would tell of a directory. */
function writeText(block: Uint8Array, field: Field, text: string): void {
  const length = Math.min(text.length, field.length);
  for (let i = 0; i < length; i++) block[field.start + i] = text.charCodeAt(i);
  if (text.length > field.length && text[length - 1] === "/") {
    block[field.start + text.slice(0, length).replace(/\/+$/, "").length] = 0;
  }
}

/** Writes a number, or 0 for one that does not fit. */
function writeNumber(block: Uint8Array, field: Field, value: number): void {
  writeOctal(block, field, value >= 0 && value < octalLimit(field) ? value : 0);
}

function seal(block: Uint8Array): Uint8Array {
  writeText(block, FIELD.magic, USTAR_MAGIC);
  writeText(block, FIELD.version, USTAR_VERSION);
  writeOctal(block, CHECKSUM_DIGITS, checksumOf(block, 0));
  block[FIELD.typeFlag.start - 1] = SPACE;
  return block;
}
