import { run } from "../support/command.ts";
import { describeTree, type TreeEntry } from "../support/describe_tree.ts";

/** Paths that an engine puts into every container. */
const OF_THE_ENGINE =
  /^(?:etc|(?:\.dockerenv|dev|proc|sys|etc\/(?:hosts|hostname|resolv\.conf|mtab))(?:\/.*)?)$/;

/**
 * Unpacks a tar by GNU tar, and describes the tree without its root; `undefined` when it cannot be
 * unpacked. Directories that no entry names have the time of the unpacking, which does not count.
 */
export async function treeOfTar(
  tar: Uint8Array,
  dir: string,
): Promise<readonly TreeEntry[] | undefined> {
  await Deno.mkdir(dir, { recursive: true });
  const args = ["-x", "-p", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-C", dir];
  const { code } = await run("tar", args, { stdin: tar });
  return code === 0 ? await treeOf(dir) : undefined;
}

/** Describes a tree without its root, and without the times of directories that nobody named. */
export async function treeOf(dir: string): Promise<readonly TreeEntry[]> {
  const entries = (await describeTree(dir)).filter(({ path }) => path !== ".");
  const fresh = Date.now() / 1000 - 3600;
  return entries.map(({ mtime, ...entry }) => {
    const isImplied = entry.type === "directory" && (mtime > fresh || mtime === 0);
    return { ...entry, mtime: isImplied ? 0 : Math.floor(mtime) };
  });
}

/** A tree without what an engine adds to it. */
export function withoutEngine(tree: readonly TreeEntry[]): readonly TreeEntry[] {
  return tree.filter(({ path }) => !OF_THE_ENGINE.test(path));
}
