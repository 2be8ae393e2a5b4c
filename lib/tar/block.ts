/** Everything in a tar is a multiple of this many bytes. */
export const BLOCK_SIZE = 512;

/** Where a field lies in a header block. */
export interface Field {
  /** First byte, from the start of the block. */
  readonly start: number;
  /** Length in bytes. */
  readonly length: number;
}

/**
 * The fields of a header block, as POSIX ustar lays them out.
 *
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 ustar}
 */
export const FIELD = {
  name: { start: 0, length: 100 },
  mode: { start: 100, length: 8 },
  uid: { start: 108, length: 8 },
  gid: { start: 116, length: 8 },
  size: { start: 124, length: 12 },
  mtime: { start: 136, length: 12 },
  checksum: { start: 148, length: 8 },
  typeFlag: { start: 156, length: 1 },
  linkName: { start: 157, length: 100 },
  magic: { start: 257, length: 6 },
  version: { start: 263, length: 2 },
  userName: { start: 265, length: 32 },
  groupName: { start: 297, length: 32 },
  deviceMajor: { start: 329, length: 8 },
  deviceMinor: { start: 337, length: 8 },
  prefix: { start: 345, length: 155 },
} as const;

/** The magic of POSIX archives; GNU's own format has a space where this has a NUL. */
export const USTAR_MAGIC = "ustar\0";

/** Every byte of the checksum field counts as this one. */
const SPACE = 0x20;

/** Adds up the bytes of the block at `at`, the checksum field taken as spaces. */
export function checksumOf(bytes: Uint8Array, at: number): number {
  let sum = FIELD.checksum.length * SPACE;
  for (let i = at; i < at + FIELD.checksum.start; i++) sum += bytes[i] ?? 0;
  for (let i = at + FIELD.typeFlag.start; i < at + BLOCK_SIZE; i++) sum += bytes[i] ?? 0;
  return sum;
}

/** The sum that some old writers made, with bytes above 127 taken as negative. */
export function signedChecksumOf(bytes: Uint8Array, at: number): number {
  let sum = checksumOf(bytes, at);
  for (let i = at; i < at + BLOCK_SIZE; i++) {
    const inChecksum = i >= at + FIELD.checksum.start && i < at + FIELD.typeFlag.start;
    if (!inChecksum && (bytes[i] ?? 0) > 127) sum -= 256;
  }
  return sum;
}

/** Says whether the block at `at` holds nothing but zeros. */
export function isZeroBlock(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + BLOCK_SIZE; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Bytes that fill a body of `size` bytes up to whole blocks: 0 to 511. */
export function paddingOf(size: number): number {
  return (BLOCK_SIZE - size % BLOCK_SIZE) % BLOCK_SIZE;
}
