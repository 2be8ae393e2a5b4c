import { FileError } from "../errors.ts";
import type { EntryType, TarHeader } from "../tar/entry.ts";
import { parentsOf } from "./entry_path.ts";
import { hardLink } from "./link_first_paths.ts";
import type { TreeFile } from "./walk_tree.ts";
import { WHITEOUT_PREFIX } from "./whiteout.ts";
import type { Xattrs } from "./xattrs.ts";

/** What a file of a tree is, for those who decide on its mode. */
export interface TreeEntry {
  /** The path from the tree's root; `""` for the root itself. */
  readonly path: string;
  /** What it is. */
  readonly type: Exclude<EntryType, "hardlink">;
  /** The permission bits it has on this machine. */
  readonly mode: number;
}

/** How the files of a tree become entries. */
export interface TreeOptions {
  /** Where the tree lies in the image; `/` unless said. */
  readonly prefix?: string;
  /** The numeric owner of all that is in the tree; root unless said. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Keeps the owner each file has on this machine. */
  readonly keepOwner?: boolean;
  /** The permission bits of all files and directories, or of each; theirs unless said. */
  readonly mode?: number | ((entry: TreeEntry) => number);
  /** Seconds since 1970 for all, or `keep` for what each file has, in whole seconds; 0 unless said. */
  readonly mtime?: number | "keep";
  /**
   * Leaves out the directories above `prefix`. In the layer they are `0755` and root's, like those
   * of `mkdir -p`; but they also are so in an image that had them otherwise.
   */
  readonly withoutParents?: boolean;
  /** Takes files whose names begin with `.wh.` for whiteouts; they are refused unless said. */
  readonly whiteouts?: boolean;
}

/** An entry of a tree's tar, and the file its body comes from. */
export interface TreeHeader {
  /** The entry. */
  readonly header: TarHeader;
  /** The file, of an entry with a body. */
  readonly file?: TreeFile;
}

const ROOT_OWNER = { uid: 0, gid: 0 };
const PARENT_MODE = 0o755;
const SYMLINK_MODE = 0o777;

/**
 * Says what each file of a tree becomes in its tar.
 *
 * @param prefix A clean path, or `""` for the root.
 * @param files In the order of their paths' bytes; taken one by one.
 * @throws {FileError} For a name that no layer can hold.
 */
export function* treeHeaders(
  prefix: string,
  files: Iterable<TreeFile>,
  options: TreeOptions,
  xattrs: Xattrs,
): Generator<TreeHeader> {
  const { withoutParents = false } = options;
  const firstNames = new Map<string, TarHeader>();
  let previous: string | undefined;
  for (const file of files) {
    if (previous === undefined && !withoutParents) {
      yield* parentHeaders(join(prefix, file.path), options);
    }
    checkName(file, previous, options);
    previous = file.path;
    const name = join(prefix, file.path);
    if (name === "") continue;
    const first = file.linkKey === undefined ? undefined : firstNames.get(file.linkKey);
    if (first !== undefined) {
      yield { header: hardLink(first, name, first.name) };
      continue;
    }
    const header = toHeader(name, file, options, xattrs);
    if (file.linkKey !== undefined) firstNames.set(file.linkKey, header);
    yield file.type === "file" ? { header, file } : { header };
  }
}

function* parentHeaders(path: string, { mtime = 0 }: TreeOptions): Generator<TreeHeader> {
  const parent = { type: "directory", size: 0, mode: PARENT_MODE, ...ROOT_OWNER } as const;
  for (const name of parentsOf(path)) {
    yield { header: { ...parent, name: `${name}/`, mtime: mtime === "keep" ? 0 : mtime } };
  }
}

function toHeader(
  name: string,
  file: TreeFile,
  options: TreeOptions,
  xattrs: Xattrs,
): TarHeader {
  const { owner = ROOT_OWNER, keepOwner = false, mtime = 0 } = options;
  const { type, size, linkName, deviceMajor, deviceMinor } = file;
  const { uid, gid } = keepOwner ? file : owner;
  const attributes = xattrs.get(file.path);
  return {
    type,
    name: type === "directory" ? `${name}/` : name,
    size,
    mode: modeOf(file, options),
    uid,
    gid,
    mtime: mtime === "keep" ? Math.floor(file.mtime / 1000) : mtime,
    ...(linkName === undefined ? {} : { linkName }),
    ...(deviceMajor === undefined || deviceMinor === undefined ? {} : { deviceMajor, deviceMinor }),
    ...(attributes === undefined ? {} : { xattrs: attributes }),
  };
}

function modeOf(file: TreeFile, { mode }: TreeOptions): number {
  if (file.type === "symlink") return SYMLINK_MODE;
  if (typeof mode === "function") {
    return mode({ path: file.path, type: file.type, mode: file.mode });
  }
  return mode ?? file.mode;
}

function checkName(file: TreeFile, previous: string | undefined, options: TreeOptions): void {
  const { path, source } = file;
  if (path === previous) {
    throw new FileError(
      `Cannot read "${source}": expected names in UTF-8, got two that differ in other bytes; ` +
        "rename them",
      source,
    );
  }
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name.startsWith(WHITEOUT_PREFIX) && options.whiteouts !== true) {
    throw new FileError(
      `Cannot put "${source}" into a layer: a name that begins with "${WHITEOUT_PREFIX}" deletes ` +
        "another file there; leave it out by an ignore rule, or allow whiteouts",
      source,
    );
  }
}

function join(prefix: string, path: string): string {
  return prefix === "" || path === "" ? prefix + path : `${prefix}/${path}`;
}
