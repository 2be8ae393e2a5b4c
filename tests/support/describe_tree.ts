import { findCommand, run } from "./command.ts";

/** All that an archive can keep of a file, for comparing trees. */
export interface TreeEntry {
  /** Relative to the tree's root, which is `.`. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink" | "fifo" | "socket" | "device";
  /** Permission bits in octal, such as `4755`; of no meaning for a symlink. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970, to the millisecond. */
  readonly mtime: number;
  /** Bytes of a file's content. */
  readonly size?: number;
  readonly sha256?: string;
  /** The target of a symlink. */
  readonly target?: string;
  /** The first path listed of the same file. */
  readonly linkTo?: string;
  /** The number of a device, as the kernel packs it. */
  readonly device?: number;
  /** Values in hex by full name; left out when there are none. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

/**
 * Lists a directory with all that is in it, each directory sorted by name.
 *
 * Extended attributes are read where `getfattr` is installed.
 */
export async function describeTree(dir: string): Promise<TreeEntry[]> {
  const xattrs = await readXattrs(dir);
  const seen = new Map<string, string>();
  const entries: TreeEntry[] = [];
  for (const path of await listTree(dir, ".")) {
    const info = await Deno.lstat(`${dir}/${path}`);
    const identity = `${info.dev}:${info.ino}`;
    const first = info.isDirectory || info.nlink === 1 ? undefined : seen.get(identity);
    seen.set(identity, first ?? path);
    entries.push({
      path,
      type: typeOf(info),
      mode: info.isSymlink ? "777" : ((info.mode ?? 0) & 0o7777).toString(8),
      uid: info.uid ?? 0,
      gid: info.gid ?? 0,
      mtime: (info.mtime?.getTime() ?? 0) / 1000,
      ...(info.isFile && { size: info.size, sha256: await hash(`${dir}/${path}`) }),
      ...(info.isSymlink && { target: await Deno.readLink(`${dir}/${path}`) }),
      ...(first !== undefined && { linkTo: first }),
      ...((info.isBlockDevice || info.isCharDevice) && { device: info.rdev ?? 0 }),
      ...(xattrs.has(path) && { xattrs: xattrs.get(path) ?? {} }),
    });
  }
  return entries;
}

async function listTree(dir: string, path: string): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(`${dir}/${path}`))).sort((left, right) =>
    left.name < right.name ? -1 : 1
  );
  const paths = [path];
  for (const { name, isDirectory } of names) {
    const child = path === "." ? name : `${path}/${name}`;
    if (isDirectory) paths.push(...await listTree(dir, child));
    else paths.push(child);
  }
  return paths;
}

function typeOf(info: Deno.FileInfo): TreeEntry["type"] {
  if (info.isFile) return "file";
  if (info.isDirectory) return "directory";
  if (info.isSymlink) return "symlink";
  if (info.isFifo) return "fifo";
  return info.isSocket ? "socket" : "device";
}

async function hash(path: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path))).toHex();
}

/** Reads what `getfattr --dump` prints: a `# file:` line, then `name=0xhex` lines, then a gap. */
async function readXattrs(dir: string): Promise<Map<string, Record<string, string>>> {
  const found = new Map<string, Record<string, string>>();
  if (findCommand("getfattr") === undefined) return found;
  const { stdout } = await run("getfattr", ["-R", "-P", "-h", "-d", "-m", "-", "-e", "hex", "."], {
    cwd: dir,
  });
  for (const block of stdout.split("\n\n")) {
    const [head, ...lines] = block.split("\n");
    const path = head?.replace(/^# file: /, "").replace(/^\.\//, "");
    if (!path) continue;
    const pairs = lines.filter((line) => line.includes("=0x")).map((line) => line.split("=0x"));
    found.set(path, Object.fromEntries(pairs));
  }
  return found;
}
