import { FileError } from "../errors.ts";
import type { EntryType } from "../tar/entry.ts";
import { comparePaths, sortPaths } from "./entry_path.ts";
import { fileFailure } from "./file_failure.ts";
import type { IgnoreRules } from "./ignore.ts";

/** What was found at one path of a tree. */
export interface TreeFile {
  /** The path from the tree's root; `""` for the root itself. */
  readonly path: string;
  /** Where it lies on this machine. */
  readonly source: string;
  /** What it is; a second name of a file is a file here. */
  readonly type: Exclude<EntryType, "hardlink">;
  /** Bytes of a file; 0 for all else. */
  readonly size: number;
  /** Permission bits with set-uid, set-gid and sticky. */
  readonly mode: number;
  /** Numeric owner. */
  readonly uid: number;
  /** Numeric group. */
  readonly gid: number;
  /** Milliseconds since 1970. */
  readonly mtime: number;
  /** When its inode last changed, as far as the system tells: milliseconds since 1970. */
  readonly ctime: number;
  /** Where a symlink points. */
  readonly linkName?: string;
  /** Its number on its device. */
  readonly inode: number;
  /** What the names of a file that has several share. */
  readonly linkKey?: string;
  /** Major number of a device. */
  readonly deviceMajor?: number;
  /** Minor number of a device. */
  readonly deviceMinor?: number;
}

/**
 * Finds every file of a tree as it goes, in the order of the paths' bytes, with synchronous calls:
 * a third of the time that asynchronous ones take. A root that is a file gives that file alone.
 *
 * An ignored directory is found only when an exception brings back something in it.
 *
 * @throws {FileError} For what cannot be read, and for sockets, which no layer can hold.
 */
export function* walkTree(root: string, rules?: IgnoreRules): Generator<TreeFile> {
  const top = inspect(root, "", Deno.statSync);
  if (top.type !== "directory") {
    yield { ...top, path: root.replace(/\/+$/, "").split("/").at(-1) ?? root };
    return;
  }
  yield top;
  yield* walkInside(root.endsWith("/") ? root : `${root}/`, "", rules);
}

/** Something to do on the way: find what has a name, or all that is in a directory. */
interface Stop {
  /** Sorts as what it stands for does: `a`, then `a-b`, then what is in `a`, as `a/`. */
  readonly key: string;
  /** The path from the tree's root. */
  readonly path: string;
  /** What was found in an ignored directory already; absent where nobody has looked. */
  readonly found?: readonly TreeFile[];
}

function* walkInside(
  base: string,
  top: string,
  rules: IgnoreRules | undefined,
): Generator<TreeFile> {
  const levels = [stopsIn(base, top)];
  for (let stops = levels.at(-1); stops !== undefined; stops = levels.at(-1)) {
    const stop = stops.pop();
    if (stop === undefined) {
      levels.pop();
      continue;
    }
    const { key, path, found } = stop;
    if (key.endsWith("/")) {
      if (found === undefined) levels.push(stopsIn(base, path));
      else yield* found;
      continue;
    }
    const leftOut = rules?.ignores(path) ?? false;
    if (leftOut && !rules?.mayHoldExceptions(path)) continue;
    const file = inspect(base + path, path, Deno.lstatSync);
    if (file.type !== "directory") {
      if (!leftOut) yield file;
      continue;
    }
    const kept = leftOut ? { found: [...walkInside(base, path, rules)] } : {};
    if (kept.found?.length === 0) continue;
    yield file;
    putInOrder(stops, { key: `${key}/`, path, ...kept });
  }
}

/** The names in a directory as stops, the last one first. */
function stopsIn(base: string, path: string): Stop[] {
  const names = Array.from(list(base + path), ({ name }) => name);
  return sortPaths(names).reverse().map((name) => (
    { key: name, path: path === "" ? name : `${path}/${name}` }
  ));
}

/** Puts a stop where it belongs: near the end, behind few others. */
function putInOrder(stops: Stop[], stop: Stop): void {
  let place = stops.length;
  while (place > 0 && comparePaths(stops[place - 1]?.key ?? "", stop.key) < 0) place--;
  stops.splice(place, 0, stop);
}

function list(directory: string): Iterable<Deno.DirEntry> {
  try {
    return Deno.readDirSync(directory);
  } catch (cause) {
    throw fileFailure("list", directory, cause);
  }
}

function inspect(
  source: string,
  path: string,
  stat: (path: string) => Deno.FileInfo,
): TreeFile {
  try {
    const info = stat(source);
    const type = typeOf(info, source);
    return {
      path,
      source,
      type,
      size: type === "file" ? info.size : 0,
      mode: (info.mode ?? 0o755) & 0o7777,
      uid: info.uid ?? 0,
      gid: info.gid ?? 0,
      mtime: info.mtime?.getTime() ?? 0,
      ctime: info.ctime?.getTime() ?? 0,
      ...(type === "symlink" ? { linkName: Deno.readLinkSync(source) } : {}),
      inode: info.ino ?? 0,
      ...(type === "file" && (info.nlink ?? 1) > 1 ? { linkKey: `${info.dev}:${info.ino}` } : {}),
      ...(info.isCharDevice || info.isBlockDevice ? deviceOf(info.rdev ?? 0) : {}),
    };
  } catch (cause) {
    throw fileFailure("read", source, cause);
  }
}

function typeOf(info: Deno.FileInfo, source: string): TreeFile["type"] {
  if (info.isFile) return "file";
  if (info.isDirectory) return "directory";
  if (info.isSymlink) return "symlink";
  if (info.isCharDevice) return "character-device";
  if (info.isBlockDevice) return "block-device";
  if (info.isFifo) return "fifo";
  throw new FileError(
    `Cannot put "${source}" into a layer: expected a file, directory, link, device or fifo, got ` +
      "a socket; leave it out by an ignore rule",
    source,
  );
}

/** Takes Linux's device number apart: 12 bits of major and 8 of minor, the rest of both above. */
function deviceOf(rdev: number): { deviceMajor: number; deviceMinor: number } {
  const bits = BigInt(rdev);
  return {
    deviceMajor: Number(((bits >> 32n) & 0xfffff000n) | ((bits >> 8n) & 0xfffn)),
    deviceMinor: Number(((bits >> 12n) & 0xffffff00n) | (bits & 0xffn)),
  };
}
