/** What a tar entry makes. */
export type EntryType =
  | "file"
  | "directory"
  | "symlink"
  | "hardlink"
  | "character-device"
  | "block-device"
  | "fifo";

/**
 * One entry of a tar: everything but the body.
 *
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html POSIX pax}
 */
export interface TarHeader {
  /** What the entry makes. */
  readonly type: EntryType;
  /**
   * The path, separated by `/`, as written: a directory may end in `/`.
   *
   * Names are bytes: one that is not UTF-8 is the lone surrogate U+DC00 + byte here, and is written
   * back as that byte.
   */
  readonly name: string;
  /** Where a symlink points, or the name of the entry a hard link repeats. */
  readonly linkName?: string;
  /** Bytes of body; 0 for all but files. */
  readonly size: number;
  /** Permission bits with set-uid, set-gid and sticky: `0o7777` at most. */
  readonly mode: number;
  /** Numeric owner. */
  readonly uid: number;
  /** Numeric group. */
  readonly gid: number;
  /** Owner's name; the number wins. */
  readonly userName?: string;
  /** Group's name; the number wins. */
  readonly groupName?: string;
  /** Seconds since 1970; with a fraction when one was read. */
  readonly mtime: number;
  /** Major number of a device. */
  readonly deviceMajor?: number;
  /** Minor number of a device. */
  readonly deviceMinor?: number;
  /** Extended attributes: `user.note`, `security.capability`. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
  /** PAX records of vendors that nothing here reads, by their whole key: `MSWINDOWS.rawsd`. */
  readonly vendorRecords?: ReadonlyMap<string, Uint8Array>;
}
