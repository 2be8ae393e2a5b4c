import { TarError } from "../errors.ts";
import { decodeText, encodeText } from "./text.ts";

/** What extended header records say of an entry; `undefined` takes back a global record. */
export interface PaxRecords {
  path?: string | undefined;
  linkPath?: string | undefined;
  size?: number | undefined;
  uid?: number | undefined;
  gid?: number | undefined;
  userName?: string | undefined;
  groupName?: string | undefined;
  mtime?: number | undefined;
  xattrs?: Map<string, Uint8Array>;
  vendorRecords?: Map<string, Uint8Array>;
}

/** The vendor prefix under which an extended attribute is kept, raw. */
export const XATTR_PREFIX = "SCHILY.xattr.";

/** libarchive's own: a percent-encoded name, a base64 value, beside the raw one. */
const LIBARCHIVE_XATTR_PREFIX = "LIBARCHIVE.xattr.";

/**
 * A key of a vendor, which POSIX has in capitals. What star and libarchive note of the machine that
 * wrote the tar (`SCHILY.dev`, `SCHILY.ino`), and what GNU says of sparse files, is none.
 */
const VENDOR_KEY_REGEXP = /^(?!SCHILY\.(?!acl\.|fflags$)|GNU\.)[A-Z][A-Z0-9_-]*\.[^=\0]+$/;

const CHARSETS = ["", "BINARY", "ISO-IR 10646 2000 UTF-8"];
const INTEGER_REGEXP = /^[0-9]+$/;
const TIME_REGEXP = /^-?[0-9]+(?:\.[0-9]*)?$/;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const EQUALS = 0x3d;
const ZERO = 0x30;

/** Says whether a PAX key is a vendor's, with a meaning that is kept though it is not known. */
export function isVendorKey(key: string): boolean {
  return VENDOR_KEY_REGEXP.test(key) && !key.startsWith(LIBARCHIVE_XATTR_PREFIX);
}

/**
 * Reads the body of an extended header: `LENGTH KEY=VALUE\n` and so on. The last of a key wins.
 *
 * @param offset Where the body begins in the tar, for errors.
 * @throws {TarError} When a record breaks its format, or tells of a sparse file.
 */
export function parsePax(body: Uint8Array, offset: number): PaxRecords {
  const records: PaxRecords = {};
  for (let at = 0; at < body.length;) {
    const end = at + recordLength(body, at, offset);
    const start = body.indexOf(SPACE, at) + 1;
    const equals = body.indexOf(EQUALS, start);
    if (body[end - 1] !== NEWLINE || equals === -1 || equals >= end) {
      throw malformed("LENGTH KEY=VALUE and a newline", body.subarray(at, end), offset + at);
    }
    const key = decodeText(body.subarray(start, equals));
    if (key === "" || key.includes("\0")) {
      throw malformed("a key without NUL", body.subarray(at, end), offset + at);
    }
    readRecord(records, key, body.subarray(equals + 1, end - 1), offset + at);
    at = end;
  }
  return records;
}

/** Makes the body of an extended header, its keys in bytewise order. */
export function formatPax(records: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const formatted = [...records]
    .map(([key, value]) => ({ key: encodeText(key), value }))
    .sort((a, b) => compareBytes(a.key, b.key))
    .map(({ key, value }) => formatRecord(key, value));
  const body = new Uint8Array(formatted.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const record of formatted) {
    body.set(record, at);
    at += record.length;
  }
  return body;
}

function formatRecord(key: Uint8Array, value: Uint8Array): Uint8Array {
  const rest = key.length + value.length + " =\n".length;
  let length = rest + String(rest).length;
  if (String(length).length + rest !== length) length++;
  const record = new Uint8Array(length);
  const start = String(length).length + 1;
  record.set(encodeText(`${length} `));
  record.set(key, start);
  record[start + key.length] = EQUALS;
  record.set(value, start + key.length + 1);
  record[length - 1] = NEWLINE;
  return record;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function recordLength(body: Uint8Array, at: number, offset: number): number {
  let length = 0;
  let digits = at;
  for (; body[digits] !== SPACE; digits++) {
    const digit = (body[digits] ?? 0) - ZERO;
    if (digit < 0 || digit > 9 || length > body.length) {
      throw malformed("a decimal length", body.subarray(at, at + 20), offset + at);
    }
    length = length * 10 + digit;
  }
  if (digits === at || length > body.length - at || length <= digits - at) {
    throw malformed(
      `a length of at most the ${body.length - at} bytes that are left`,
      body.subarray(at, at + 20),
      offset + at,
    );
  }
  return length;
}

function readRecord(records: PaxRecords, key: string, value: Uint8Array, offset: number): void {
  switch (key) {
    case "path":
      records.path = readValue(key, value, offset);
      break;
    case "linkpath":
      records.linkPath = readValue(key, value, offset);
      break;
    case "uname":
      records.userName = readValue(key, value, offset);
      break;
    case "gname":
      records.groupName = readValue(key, value, offset);
      break;
    case "size":
    case "uid":
    case "gid":
      records[key] = readPaxNumber(key, value, INTEGER_REGEXP, offset);
      break;
    case "mtime":
      records.mtime = readPaxNumber(key, value, TIME_REGEXP, offset);
      break;
    case "hdrcharset":
      if (!CHARSETS.includes(decodeText(value))) {
        throw malformed("hdrcharset UTF-8 or BINARY", value, offset);
      }
      break;
    default:
      readVendorRecord(records, key, value, offset);
  }
}

function readVendorRecord(
  records: PaxRecords,
  key: string,
  value: Uint8Array,
  offset: number,
): void {
  if (key === XATTR_PREFIX || key === LIBARCHIVE_XATTR_PREFIX) {
    throw malformed("the name of an extended attribute", encodeText(key), offset);
  } else if (key.startsWith(XATTR_PREFIX)) {
    records.xattrs ??= new Map();
    records.xattrs.set(key.slice(XATTR_PREFIX.length), value.slice());
  } else if (key.startsWith(LIBARCHIVE_XATTR_PREFIX)) {
    const [name, decoded] = readLibarchiveXattr(key, value, offset);
    records.xattrs ??= new Map();
    if (!records.xattrs.has(name)) records.xattrs.set(name, decoded);
  } else if (key.startsWith("GNU.sparse.") || key === "SCHILY.realsize") {
    throw new TarError(
      `Cannot read sparse file: expected a whole one, got PAX record "${key}"; ` +
        "write the tar without --sparse",
      offset,
    );
  } else if (isVendorKey(key) && value.length > 0) {
    records.vendorRecords ??= new Map();
    records.vendorRecords.set(key, value.slice());
  }
}

function readLibarchiveXattr(
  key: string,
  value: Uint8Array,
  offset: number,
): [name: string, value: Uint8Array] {
  try {
    const name = decodeURIComponent(key.slice(LIBARCHIVE_XATTR_PREFIX.length));
    if (name.includes("\0")) throw new SyntaxError("a NUL in the name");
    return [name, Uint8Array.fromBase64(decodeText(value))];
  } catch {
    throw malformed(`base64 for "${key}"`, value, offset);
  }
}

function readValue(key: string, value: Uint8Array, offset: number): string | undefined {
  if (value.includes(0)) throw malformed(`a ${key} without NUL`, value, offset);
  return value.length === 0 ? undefined : decodeText(value);
}

function readPaxNumber(
  key: string,
  value: Uint8Array,
  regexp: RegExp,
  offset: number,
): number | undefined {
  if (value.length === 0) return undefined;
  const text = decodeText(value);
  if (!regexp.test(text)) throw malformed(`a decimal ${key}`, value, offset);
  return Number(text);
}

function malformed(expected: string, got: Uint8Array, offset: number): TarError {
  const shown = JSON.stringify(decodeText(got.subarray(0, 40)));
  return new TarError(`Cannot read PAX record: expected ${expected}, got ${shown}`, offset);
}
