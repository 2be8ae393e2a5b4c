import { fileFailure } from "./file_failure.ts";
import { type IgnoreRules, parseIgnore } from "./ignore.ts";

/** A part of a tree: what is in several layers lies in one of them each. */
export interface TreePart {
  /** Says whether what lies at the path, relative to the tree's root, belongs to the part. */
  has(path: string): boolean;
  /** Says whether something in a directory that is not of the part may be. */
  mayHave(directory: string): boolean;
}

/** What of a tree is taken. */
export interface TreeRulesOptions {
  /** What to leave out: lines as in a `.dockerignore`. */
  readonly ignore?: readonly string[];
  /** A `.dockerignore` file; its lines come before those of `ignore`. None is looked for. */
  readonly ignoreFile?: string;
  /** Takes no more than this part, and the directories that it lies in. All unless said. */
  readonly part?: TreePart;
}

/**
 * Reads the rules by which files of a tree are left out; `undefined` when all are taken.
 *
 * @throws {FileError} When the file of rules cannot be read.
 */
export async function readTreeRules(options: TreeRulesOptions): Promise<IgnoreRules | undefined> {
  const ignored = await readIgnore(options);
  const { part } = options;
  if (part === undefined) return ignored;
  return {
    ignores: (path) => !part.has(path) || (ignored?.ignores(path) ?? false),
    mayHoldExceptions: (directory) =>
      (part.has(directory) || part.mayHave(directory)) &&
      (ignored?.ignores(directory) !== true || ignored.mayHoldExceptions(directory)),
  };
}

async function readIgnore(options: TreeRulesOptions): Promise<IgnoreRules | undefined> {
  const { ignore = [], ignoreFile } = options;
  if (ignoreFile === undefined) return ignore.length === 0 ? undefined : parseIgnore(ignore);
  const text = await Deno.readTextFile(ignoreFile).catch((cause) => {
    throw fileFailure("read", ignoreFile, cause);
  });
  return parseIgnore([...text.replace(/^\ufeff/, "").split("\n"), ...ignore]);
}
