import { runOk } from "./command.ts";

/** One thing in a tree. A string or bytes alone are a file's content. */
export type TreeNode = string | Uint8Array | TreeFile | TreeLink | TreeSpecial;

/** What every thing in a tree may be given. */
interface Attributes {
  /** Permission bits, with setuid, setgid and sticky; else what the umask leaves. */
  readonly mode?: number;
  /** Seconds since 1970, fractions allowed. */
  readonly mtime?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Extended attributes by full name, such as `user.note`. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

interface TreeFile extends Attributes {
  readonly content: string | Uint8Array;
}

interface TreeLink {
  /** The target's text, for `symlink`; the path in the tree, for `hardlink`. */
  readonly symlink?: string;
  readonly hardlink?: string;
  readonly mtime?: number;
}

interface TreeSpecial extends Attributes {
  readonly type: "directory" | "fifo";
}

/** What is to be made, by path; parents come by themselves. */
export type TreeSpec = Readonly<Record<string, TreeNode>>;

/** Makes a tree of files under `dir`, in the order of the specification. */
export async function makeTree(dir: string, spec: TreeSpec): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
  for (const [path, node] of Object.entries(spec)) {
    const target = `${dir}/${path}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await makeNode(dir, target, node);
  }
  // Last and from the leaves up: whatever is made in a directory changes its time.
  for (const [path, node] of Object.entries(spec).sort(byDepth)) {
    if (typeof node === "string" || node instanceof Uint8Array) continue;
    if (!("symlink" in node || "hardlink" in node)) await setAttributes(`${dir}/${path}`, node);
    await setTime(`${dir}/${path}`, node.mtime);
  }
}

async function makeNode(dir: string, target: string, node: TreeNode): Promise<void> {
  if (typeof node === "string") await Deno.writeTextFile(target, node);
  else if (node instanceof Uint8Array) await Deno.writeFile(target, node);
  else if ("content" in node) await makeNode(dir, target, node.content);
  else if ("type" in node) {
    if (node.type === "fifo") await runOk("mkfifo", [target]);
    else await Deno.mkdir(target, { recursive: true });
  } else if (node.symlink !== undefined) await Deno.symlink(node.symlink, target);
  else if (node.hardlink !== undefined) await Deno.link(`${dir}/${node.hardlink}`, target);
}

async function setAttributes(path: string, attributes: Attributes): Promise<void> {
  const { mode, uid, gid, xattrs = {} } = attributes;
  for (const [name, value] of Object.entries(xattrs)) {
    await runOk("setfattr", ["-h", "-n", name, "-v", value, path]);
  }
  if (uid !== undefined || gid !== undefined) await Deno.chown(path, uid ?? null, gid ?? null);
  if (mode !== undefined) await Deno.chmod(path, mode);
}

async function setTime(path: string, mtime: number | undefined): Promise<void> {
  if (mtime === undefined) return;
  const { lutimes } = await import("node:fs/promises");
  await lutimes(path, mtime, mtime);
}

function byDepth([left]: [string, unknown], [right]: [string, unknown]): number {
  return right.split("/").length - left.split("/").length;
}
