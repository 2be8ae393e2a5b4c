import { encodeHeader } from "../tar/writer.ts";
import { directoryPath } from "./entry_path.ts";
import { parseIgnore } from "./ignore.ts";
import type { Layer } from "./layer.ts";
import type { LayerOptions } from "./layer_options.ts";
import { blocksForm } from "./layer_form.ts";
import { ReplayableLayer } from "./replayable_layer.ts";
import { treeBlocks } from "./tree_blocks.ts";
import { type TreeHeader, treeHeaders, type TreeOptions } from "./tree_headers.ts";
import { readTreeRules, type TreeRulesOptions } from "./tree_rules.ts";
import { walkTree } from "./walk_tree.ts";
import { NO_XATTRS, readXattrs } from "./xattrs.ts";

/** Options of {@linkcode layerFromDirectory}. */
export interface DirectoryOptions extends LayerOptions, TreeOptions, TreeRulesOptions {
  /** Takes extended attributes along, by the `getfattr` command. */
  readonly xattrs?: boolean;
}

/**
 * Makes a layer of a directory: what it holds comes to lie in `prefix`. A single file lies there
 * under its own name.
 *
 * The same tree gives the same digest on any machine: entries are sorted by the bytes of their
 * paths, owned by root, of one time, and carry no other names or times. Symlinks stay symlinks, and
 * of a file with several names in the tree the first becomes the file, the others hard links.
 * Devices, fifos, set-uid and sticky bits are kept.
 *
 * The tree is read again for every pass, files by the workers that compress them, and never more than
 * a few blocks ahead.
 *
 * @param path The directory or file; a link to one is followed.
 * @throws {TypeError | RangeError | SyntaxError} At once: for options that mean nothing.
 * @throws {FileError} Through the stream: for what cannot be read, for a socket, for a file that
 * changes while it is read, and for a name that is not UTF-8 or a whiteout's.
 * @example
 * ```ts
 * import { layerFromDirectory } from "@davit/davit/layer";
 *
 * const site = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${site}/index.html`, "<h1>davit</h1>");
 * await Deno.writeTextFile(`${site}/draft.tmp`, "");
 * const layer = layerFromDirectory(site, {
 *   prefix: "/usr/share/nginx/html",
 *   ignore: ["*.tmp"],
 * });
 * console.assert((await layer.digest()).startsWith("sha256:"));
 * await Deno.remove(site, { recursive: true });
 * ```
 */
export function layerFromDirectory(path: string, options: DirectoryOptions = {}): Layer {
  const prefix = directoryPath(options.prefix ?? "/");
  parseIgnore(options.ignore ?? []);
  checkOptions(prefix, options);
  const open = (signal: AbortSignal) => openTree(path, prefix, options, signal);
  return new ReplayableLayer(() => treeBlocks(open), blocksForm(options));
}

async function openTree(
  path: string,
  prefix: string,
  options: DirectoryOptions,
  signal: AbortSignal,
): Promise<Iterable<TreeHeader>> {
  const rules = await readTreeRules(options);
  const xattrs = options.xattrs === true ? await readXattrs(path, signal) : NO_XATTRS;
  return treeHeaders(prefix, walkTree(path, rules), options, xattrs);
}

/** Refuses numbers that no entry could have, before anything is read. */
function checkOptions(prefix: string, { mode, mtime, owner }: DirectoryOptions): void {
  encodeHeader({
    type: "directory",
    name: `${prefix}/`,
    size: 0,
    mode: typeof mode === "number" ? mode : 0,
    mtime: typeof mtime === "number" ? mtime : 0,
    ...owner ?? { uid: 0, gid: 0 },
  });
}
