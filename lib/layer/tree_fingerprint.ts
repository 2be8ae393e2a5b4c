import type { Digest } from "../oci/digest.ts";
import { openHasher } from "../stream/hash.ts";
import { readTreeRules, type TreeRulesOptions } from "./tree_rules.ts";
import { type TreeFile, walkTree } from "./walk_tree.ts";

/** What the file system tells of a tree without a file of it being read. */
export interface TreeFingerprint {
  /** The same as long as nothing in the tree has changed. */
  readonly digest: Digest;
  /**
   * Whether a change from now on is sure to show. A file that was written a moment ago may be
   * written again within one tick of the file system's clock, and have the same times and size.
   */
  readonly isSettled: boolean;
}

/** Longer than one tick of a clock that counts whole seconds: FAT counts by two. */
const TICK = 2000;

/** Options of {@linkcode fingerprintTree}. */
export interface FingerprintOptions extends TreeRulesOptions {
  /** The time, in milliseconds since 1970; the system's unless said. */
  readonly now?: () => number;
}

/**
 * Fingerprints a tree by the paths, kinds, modes, sizes, times and inodes of all that is in it, as
 * make and git tell whether a file is the one they know. Times that a program sets do not deceive it:
 * when an inode changed is the system's to say.
 *
 * @throws {FileError} For what cannot be looked at.
 */
export async function fingerprintTree(
  path: string,
  options: FingerprintOptions = {},
): Promise<TreeFingerprint> {
  const rules = await readTreeRules(options);
  const hasher = await openHasher();
  const encoder = new TextEncoder();
  const now = options.now?.() ?? Date.now();
  let isSettled = true;
  const { dev } = await Deno.stat(path);
  hasher.update(encoder.encode(`${dev}\n`));
  for (const file of walkTree(path, rules)) {
    hasher.update(encoder.encode(`${JSON.stringify(factsOf(file))}\n`));
    if (file.type === "file") isSettled &&= now - (file.ctime || file.mtime) > TICK;
  }
  return { digest: hasher.digest(), isSettled };
}

/** Times and inodes are of interest where there are bytes: an editor's passing file changes those of its directory. */
function factsOf({ path, type, mode, ...file }: TreeFile): readonly unknown[] {
  if (type === "directory") return [path, type, mode];
  const { size, mtime, ctime, inode, linkName, linkKey, deviceMajor, deviceMinor } = file;
  if (type !== "file") return [path, type, mode, linkName, deviceMajor, deviceMinor];
  return [path, type, mode, size, mtime, ctime, inode, linkKey];
}
