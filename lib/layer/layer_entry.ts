import type { EntryType } from "../tar/entry.ts";

/** One file of a layer that is made in memory. */
export interface LayerEntry {
  /** Where it lies in the image. A leading `/` means the same as none. */
  readonly path: string;
  /** What it is; a file unless said. */
  readonly type?: EntryType;
  /** What a file holds; nothing unless said. Text is written as UTF-8. */
  readonly content?: string | Uint8Array;
  /** Permission bits: `0o644` unless said; `0o755` for a directory, `0o777` for a symlink. */
  readonly mode?: number;
  /** Numeric owner; 0 unless said. */
  readonly uid?: number;
  /** Numeric group; 0 unless said. */
  readonly gid?: number;
  /** Seconds since 1970; the layer's `mtime` unless said. */
  readonly mtime?: number;
  /** Where a symlink points, as it is; or the path a hard link repeats. */
  readonly linkName?: string;
  /** Extended attributes by their full name: `user.note`, `security.capability`. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
  /** PAX records of vendors, by their whole key: `MSWINDOWS.rawsd`. */
  readonly vendorRecords?: ReadonlyMap<string, Uint8Array>;
  /** Major number of a device. */
  readonly deviceMajor?: number;
  /** Minor number of a device. */
  readonly deviceMinor?: number;
}
