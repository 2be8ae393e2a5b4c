import type { EntryType, TarHeader } from "./entry.ts";
import { octalLimit } from "./number.ts";
import { isVendorKey } from "./pax.ts";
import { FIELD } from "./block.ts";
import { isPlain } from "./text.ts";

/** The largest numeric owner: what Linux holds in 32 bits. */
export const MAX_ID = 0xffff_ffff;

/** The largest permission bits: set-uid, set-gid and sticky included. */
export const MAX_MODE = 0o7777;

/** The largest device number: what a ustar block holds. */
export const MAX_DEVICE: number = octalLimit(FIELD.deviceMajor) - 1;

/** No time is this many seconds or more away from 1970. */
export const TIME_LIMIT: number = 2 ** 63;

/** The types whose `linkName` means something. */
export function isLink(type: EntryType): boolean {
  return type === "symlink" || type === "hardlink";
}

/** The types whose device numbers mean something. */
export function isDevice(type: EntryType): boolean {
  return type === "character-device" || type === "block-device";
}

/**
 * Refuses a header that no tar can say.
 *
 * @throws {TypeError} When a name or a link is missing, holds a NUL, or does not go with the type.
 * @throws {RangeError} When a number is out of its range.
 */
export function checkHeader(header: TarHeader): void {
  const { type, name, linkName = "", userName = "", groupName = "" } = header;
  checkText(name, "name", header);
  checkText(linkName, "linkName", header);
  checkText(userName, "userName", header);
  checkText(groupName, "groupName", header);
  if (name === "") throw new TypeError("Cannot write entry: expected a name, got an empty one");
  if (name.endsWith("/") && type !== "directory" && !isLink(type)) {
    throw misuse(header, `a name without "/" at its end for a ${type}`, `"${name}"`);
  }
  if (isLink(type) !== (linkName !== "")) {
    throw misuse(
      header,
      isLink(type) ? "a linkName" : `no linkName for a ${type}`,
      `"${linkName}"`,
    );
  }
  checkNumbers(header);
  for (const key of header.xattrs?.keys() ?? []) {
    if (key === "" || /[=\0]/.test(key)) {
      throw misuse(header, 'xattr names without "=" and NUL', JSON.stringify(key));
    }
  }
  for (const [key, value] of header.vendorRecords ?? []) {
    if (isVendorKey(key) && value.length > 0) continue;
    throw misuse(header, "records of vendors, none of them empty", JSON.stringify(key));
  }
}

function checkNumbers(header: TarHeader): void {
  const { type, size, mode, uid, gid, mtime, deviceMajor = 0, deviceMinor = 0 } = header;
  checkRange(size, type === "file" ? Number.MAX_SAFE_INTEGER : 0, "size", header);
  checkRange(mode, MAX_MODE, "mode", header);
  checkRange(uid, MAX_ID, "uid", header);
  checkRange(gid, MAX_ID, "gid", header);
  const maxDevice = isDevice(type) ? MAX_DEVICE : 0;
  checkRange(deviceMajor, maxDevice, "deviceMajor", header);
  checkRange(deviceMinor, maxDevice, "deviceMinor", header);
  if (!(Math.abs(mtime) < TIME_LIMIT)) {
    throw new RangeError(
      `Cannot write entry "${header.name}": expected an mtime in seconds, got ${mtime}`,
    );
  }
}

function checkText(text: string, field: string, header: TarHeader): void {
  if (isPlain(text)) return;
  if (text.includes("\0")) throw misuse(header, `a ${field} without NUL`, JSON.stringify(text));
  if (!text.isWellFormed() && /[\ud800-\udc7f\udd00-\udfff]/u.test(text)) {
    throw misuse(header, `a ${field} of whole characters`, JSON.stringify(text));
  }
}

function checkRange(value: number, max: number, field: string, header: TarHeader): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw new RangeError(
    `Cannot write entry "${header.name}": expected a ${field} from 0 to ${max} for a ` +
      `${header.type}, got ${value}`,
  );
}

function misuse(header: TarHeader, expected: string, got: string): TypeError {
  const name = JSON.stringify(header.name);
  return new TypeError(`Cannot write entry ${name}: expected ${expected}, got ${got}`);
}
