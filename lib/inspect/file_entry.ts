import type { EntryType, TarHeader } from "../tar/entry.ts";
import { present } from "../oci/present.ts";

/** What a file of an image is: a hard link is the file itself, by another name. */
export type FileType = Exclude<EntryType, "hardlink">;

/** A file, directory or link of an image, as a container would see it. */
export interface FileEntry {
  /** The whole path: `/etc/motd`; `/` for the root. */
  readonly path: string;
  /** What it is. */
  readonly type: FileType;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Permission bits, with set-uid, set-gid and sticky. */
  readonly mode: number;
  /** Numeric owner. */
  readonly uid: number;
  /** Numeric group. */
  readonly gid: number;
  /** Owner's name, where the layer tells it. */
  readonly userName?: string;
  /** Group's name, where the layer tells it. */
  readonly groupName?: string;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Where a symbolic link points. */
  readonly target?: string;
  /** How many names the file has in the image. */
  readonly links: number;
  /** The layer that it comes from, base first, from 1; 0 for a directory that no layer lists. */
  readonly layer: number;
  /** Major number of a device. */
  readonly deviceMajor?: number;
  /** Minor number of a device. */
  readonly deviceMinor?: number;
  /** Names of its extended attributes. */
  readonly xattrs?: readonly string[];
}

/** Describes what an entry of a layer made. */
export function describeFile(
  header: TarHeader,
  { path, links, layer }: Pick<FileEntry, "path" | "links" | "layer">,
): FileEntry {
  const { type, size, mode, uid, gid, userName, groupName, mtime, deviceMajor, deviceMinor } =
    header;
  return present({
    path,
    type: type === "hardlink" ? "file" : type,
    size,
    mode,
    uid,
    gid,
    userName,
    groupName,
    mtime,
    target: type === "symlink" ? header.linkName : undefined,
    links,
    layer,
    deviceMajor,
    deviceMinor,
    xattrs: header.xattrs === undefined ? undefined : [...header.xattrs.keys()],
  });
}
