import type { FileEntry, FileType } from "./file_entry.ts";
import type { FileTree } from "./file_tree.ts";

/** What files must be to be found. */
export interface FindOptions {
  /** A glob for the last part of the path; with a `/` in it, for the whole path. */
  readonly name?: string;
  /** What they are. */
  readonly type?: FileType;
  /** The least bytes. */
  readonly minSize?: number;
  /** The most bytes. */
  readonly maxSize?: number;
  /** Permission bits that are all set: `0o4000` finds set-uid programs. */
  readonly mode?: number;
  /** The layer that they come from, base first, from 1. */
  readonly layer?: number;
}

/**
 * Finds files below a path of a tree, the path itself included, parents first.
 *
 * @throws {NotFoundError} When there is no such path.
 * @throws {SyntaxError} When the name is no glob.
 */
export function* findFiles(
  tree: FileTree,
  path: string,
  options: FindOptions = {},
): Generator<FileEntry> {
  const { name, type, minSize = 0, maxSize = Infinity, mode = 0, layer } = options;
  const root = tree.at(path);
  const glob = name === undefined ? undefined : parseGlob(name);
  const whole = name?.includes("/") === true;
  for (
    const file of [root].values().flatMap(function* () {
      yield root;
      yield* tree.below(root);
    })
  ) {
    const isSized = file.size >= minSize && file.size <= maxSize;
    if (!isSized || (file.mode & mode) !== mode) continue;
    if (type !== undefined && file.type !== type) continue;
    if (layer !== undefined && file.layer !== layer) continue;
    const subject = whole ? file.path : file.path.slice(file.path.lastIndexOf("/") + 1);
    if (glob?.test(subject) === false) continue;
    yield file;
  }
}

/** Turns a glob into a regular expression: `*` and `?` stop at `/`, `**` does not. */
function parseGlob(glob: string): RegExp {
  const source = glob.replace(/\*\*|[*?]|\[!?[^\]]+\]|[^*?[]+|\[/g, (piece) => {
    if (piece === "**") return ".*";
    if (piece === "*") return "[^/]*";
    if (piece === "?") return "[^/]";
    if (piece.length > 2 && piece.startsWith("[")) {
      const set = piece.slice(1, -1).replace(/^!/, "^").replaceAll("\\", "\\\\");
      return `[${set}]`;
    }
    return piece.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  });
  try {
    return new RegExp(`^${source}$`, "s");
  } catch (cause) {
    throw new SyntaxError(`Cannot use "${glob}" as a glob`, { cause });
  }
}
