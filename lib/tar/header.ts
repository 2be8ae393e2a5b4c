import { TarError } from "../errors.ts";
import { FIELD, USTAR_MAGIC } from "./block.ts";
import { isDevice, isLink, MAX_DEVICE, MAX_ID, MAX_MODE, TIME_LIMIT } from "./check_header.ts";
import type { EntryType, TarHeader } from "./entry.ts";
import { octalLimit, readNumber } from "./number.ts";
import type { PaxRecords } from "./pax.ts";
import { readText } from "./text.ts";

/** What extension headers said of the entry that follows them. */
export interface Extensions {
  /** PAX records, the entry's own over the global ones. */
  readonly pax: PaxRecords;
  /** GNU's long name. */
  readonly longName?: string;
  /** GNU's long link. */
  readonly longLink?: string;
}

const TYPES: Readonly<Record<string, EntryType>> = {
  "\0": "file",
  "0": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "character-device",
  "4": "block-device",
  "5": "directory",
  "6": "fifo",
  "7": "file",
};

const REFUSED_TYPES: Readonly<Record<string, string>> = {
  "D": "a directory dump of GNU tar --incremental",
  "M": "the rest of a file from another volume",
  "N": "a long name in an old GNU form",
  "S": "a GNU sparse file; write the tar without --sparse",
  "V": "a volume label",
};

const GNU_MAGIC = "ustar ";
const GNU_ATIME = { start: FIELD.prefix.start, length: 12 };

/** A block of star ends so; its prefix is shorter, for two times stand behind it. */
const STAR_TRAILER = { text: "tar\0", start: 508 };
const STAR_PREFIX_LENGTH = 131;

/** Mode fields may hold the file type too, above the permission bits. */
const MAX_RAW_MODE = 0o7777_7777;

/** The type flag of the block at `at`. */
export function typeFlagOf(block: Uint8Array, at: number): string {
  return String.fromCharCode(block[at + FIELD.typeFlag.start] ?? 0);
}

/**
 * Reads the size field of the block at `at`.
 *
 * @throws {TarError} When it is no number, negative, or 2^53 and more.
 */
export function readSize(block: Uint8Array, at: number, offset: number): number {
  return readField(block, at, "size", Number.MAX_SAFE_INTEGER, offset);
}

/**
 * Reads the header block at `at` of an entry, with what extension headers said of it.
 *
 * @param offset Where the block lies in the tar, for errors.
 * @throws {TarError} When they do not make an entry.
 */
export function readHeader(
  block: Uint8Array,
  at: number,
  extensions: Extensions,
  offset: number,
): TarHeader {
  const { pax } = extensions;
  const written = extensions.longName ?? pax.path ?? readName(block, at);
  const type = readType(typeFlagOf(block, at), written, offset);
  const name = type === "file" && written.endsWith("/") ? written.replace(/\/+$/, "") : written;
  if (name === "") throw new TarError("Cannot read entry: expected a name, got none", offset);

  const size = readEntrySize(block, at, pax.size, name, offset);
  const linkName = readLinkName(block, at, extensions, type, name, offset);
  const mode = readField(block, at, "mode", MAX_RAW_MODE, offset) & MAX_MODE;
  const uid = within(pax.uid, MAX_ID, "uid", offset) ?? readField(block, at, "uid", MAX_ID, offset);
  const gid = within(pax.gid, MAX_ID, "gid", offset) ?? readField(block, at, "gid", MAX_ID, offset);
  const mtime = readTime(block, at, pax.mtime, offset);
  const hasOwnerNames = isUstar(block, at) || isGnu(block, at);
  const userName = pax.userName ?? (hasOwnerNames ? readAt(block, at, "userName") : "");
  const groupName = pax.groupName ?? (hasOwnerNames ? readAt(block, at, "groupName") : "");
  return {
    type,
    name,
    ...(linkName === "" ? undefined : { linkName }),
    size: type === "file" ? size : 0,
    mode,
    uid,
    gid,
    ...(userName === "" ? undefined : { userName }),
    ...(groupName === "" ? undefined : { groupName }),
    mtime,
    ...(isDevice(type) ? readDevice(block, at, offset) : undefined),
    ...(pax.xattrs === undefined ? undefined : { xattrs: pax.xattrs }),
    ...(pax.vendorRecords === undefined ? undefined : { vendorRecords: pax.vendorRecords }),
  };
}

/** The name field, behind the prefix where there is one. */
function readName(block: Uint8Array, at: number): string {
  const name = readAt(block, at, "name");
  const length = prefixLengthOf(block, at);
  const prefix = readText(block, at + FIELD.prefix.start, length);
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** GNU has times in place of the prefix, but Go before 1.8 wrote a prefix there too. */
function prefixLengthOf(block: Uint8Array, at: number): number {
  if (block[at + FIELD.prefix.start] === 0) return 0;
  if (isGnu(block, at)) {
    return Number.isNaN(readNumber(block, at, GNU_ATIME)) ? FIELD.prefix.length : 0;
  }
  if (!isUstar(block, at)) return 0;
  const isStar = hasText(block, at + STAR_TRAILER.start, STAR_TRAILER.text);
  return isStar ? STAR_PREFIX_LENGTH : FIELD.prefix.length;
}

/** Archives older than ustar mark a directory by a `/` at the end of its name alone. */
function readType(flag: string, name: string, offset: number): EntryType {
  if (flag === "\0" && name.endsWith("/")) return "directory";
  const type = TYPES[flag];
  if (type !== undefined) return type;
  const got = REFUSED_TYPES[flag] ?? `an unknown type ${JSON.stringify(flag)}`;
  throw new TarError(
    `Cannot read entry ${
      quote(name)
    }: expected a file, directory, link, device or fifo, got ${got}`,
    offset,
  );
}

/** A PAX size counts; a header that says another one, which it could have said too, is a trap. */
function readEntrySize(
  block: Uint8Array,
  at: number,
  paxSize: number | undefined,
  name: string,
  offset: number,
): number {
  const size = readSize(block, at, offset);
  const counts = within(paxSize, Number.MAX_SAFE_INTEGER, "size", offset) ?? size;
  if (size === 0 || size === counts || counts >= octalLimit(FIELD.size)) return counts;
  throw new TarError(
    `Cannot read entry ${quote(name)}: expected one size, got ${size} in its header and ` +
      `${counts} in its PAX records`,
    offset,
  );
}

function readLinkName(
  block: Uint8Array,
  at: number,
  { longLink, pax }: Extensions,
  type: EntryType,
  name: string,
  offset: number,
): string {
  if (!isLink(type)) {
    if (longLink === undefined) return "";
    throw new TarError(
      `Cannot read entry ${quote(name)}: expected a link for the long link before it, got ${type}`,
      offset,
    );
  }
  const linkName = longLink ?? pax.linkPath ?? readAt(block, at, "linkName");
  if (linkName !== "") return linkName;
  throw new TarError(`Cannot read ${type} ${quote(name)}: expected a target, got none`, offset);
}

function readTime(
  block: Uint8Array,
  at: number,
  paxTime: number | undefined,
  offset: number,
): number {
  const mtime = paxTime ?? readNumber(block, at, FIELD.mtime);
  if (Math.abs(mtime) < TIME_LIMIT) return mtime;
  throw malformed("mtime", "seconds since 1970", mtime, offset);
}

function readDevice(
  block: Uint8Array,
  at: number,
  offset: number,
): Pick<TarHeader, "deviceMajor" | "deviceMinor"> {
  return {
    deviceMajor: readField(block, at, "deviceMajor", MAX_DEVICE, offset),
    deviceMinor: readField(block, at, "deviceMinor", MAX_DEVICE, offset),
  };
}

function readAt(block: Uint8Array, at: number, field: keyof typeof FIELD): string {
  return readText(block, at + FIELD[field].start, FIELD[field].length);
}

function readField(
  block: Uint8Array,
  at: number,
  field: keyof typeof FIELD,
  max: number,
  offset: number,
): number {
  const value = readNumber(block, at, FIELD[field]);
  if (value >= 0 && value <= max) return value;
  const got = Number.isNaN(value) ? quote(readAt(block, at, field)) : value;
  throw malformed(field, `a number from 0 to ${max}`, got, offset);
}

function within(
  value: number | undefined,
  max: number,
  field: string,
  offset: number,
): number | undefined {
  if (value === undefined || value <= max) return value;
  throw malformed(field, `a number from 0 to ${max}`, value, offset);
}

function malformed(
  field: string,
  expected: string,
  got: string | number,
  offset: number,
): TarError {
  return new TarError(
    `Cannot read tar header: expected ${field} as ${expected}, got ${got}`,
    offset,
  );
}

function isUstar(block: Uint8Array, at: number): boolean {
  return hasText(block, at + FIELD.magic.start, USTAR_MAGIC);
}

function isGnu(block: Uint8Array, at: number): boolean {
  return hasText(block, at + FIELD.magic.start, GNU_MAGIC);
}

function hasText(block: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (block[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}
