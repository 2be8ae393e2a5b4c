import type { EntryType } from "../tar/entry.ts";
import { type TarInput, writeTar } from "../tar/write_tar.ts";
import { encodeHeader } from "../tar/writer.ts";
import { comparePaths, entryPath, parentsOf } from "./entry_path.ts";
import type { Layer } from "./layer.ts";
import type { LayerEntry } from "./layer_entry.ts";
import type { LayerOptions } from "./layer_options.ts";
import { linkFirstPaths } from "./link_first_paths.ts";
import { TarLayer } from "./tar_layer.ts";
import { parseWhiteout } from "./whiteout.ts";

/** Options of {@linkcode layerFromEntries}. */
export interface EntriesOptions extends LayerOptions {
  /** Seconds since 1970 for entries that say nothing else; 0 unless said. */
  readonly mtime?: number;
}

/** The permission bits of an entry that says nothing else. */
const MODES: Readonly<Partial<Record<EntryType, number>>> = { directory: 0o755, symlink: 0o777 };
const FILE_MODE = 0o644;

const EMPTY = new Uint8Array();

/**
 * Makes a layer of files in memory.
 *
 * The same entries give the same digest in whatever order they come: they are written sorted by the
 * bytes of their paths. Directories above them are not invented; whoever unpacks a layer makes them
 * `0755`, owned by root. Of a file and its hard links, the first path in order becomes the file.
 *
 * @throws {TypeError} At once: for a path that leaves the root or is not text, two entries of one
 * path, an entry below a file, and what does not go with an entry's type.
 * @throws {DocumentError} At once: for a whiteout that means nothing.
 * @throws {RangeError} At once: for numbers no tar can hold.
 * @example
 * ```ts
 * import { layerFromEntries, whiteout } from "@davit/davit/layer";
 *
 * const layer = layerFromEntries([
 *   { path: "/etc/motd", content: "hello\n" },
 *   { path: "/usr/local/bin", type: "directory" },
 *   whiteout("/usr/share/nginx/html"),
 * ]);
 * console.assert((await layer.diffId()).startsWith("sha256:"));
 * ```
 */
export function layerFromEntries(
  entries: Iterable<LayerEntry>,
  options: EntriesOptions = {},
): Layer {
  const { mtime = 0 } = options;
  const inputs = new Map<string, TarInput>();
  for (const entry of entries) {
    const path = entryPath(entry.path);
    if (inputs.has(path)) throw misuse(path, "each path once, got it twice");
    const input = toInput(path, entry, mtime);
    encodeHeader(input.header);
    inputs.set(path, input);
  }
  for (const path of inputs.keys()) checkParents(path, inputs);
  linkFirstPaths(inputs);
  const sorted = [...inputs].sort(([a], [b]) => comparePaths(a, b)).map(([, input]) => input);
  return new TarLayer(() => writeTar(sorted), options);
}

function toInput(path: string, entry: LayerEntry, defaultMtime: number): TarInput {
  const { type = "file", mode = MODES[type] ?? FILE_MODE, uid = 0, gid = 0 } = entry;
  const { content, linkName, mtime = defaultMtime } = entry;
  if (content !== undefined && type !== "file") {
    throw misuse(path, `no content for a ${type}, got some`);
  }
  const body = typeof content === "string" ? new TextEncoder().encode(content) : content ?? EMPTY;
  if (parseWhiteout(path) !== undefined && (type !== "file" || body.length > 0)) {
    throw misuse(path, "an empty file as a whiteout, got something else");
  }
  return {
    header: {
      type,
      name: type === "directory" ? `${path}/` : path,
      size: body.length,
      mode,
      uid,
      gid,
      mtime,
      ...(linkName === undefined
        ? {}
        : { linkName: type === "hardlink" ? entryPath(linkName) : linkName }),
      ...pick(entry, "xattrs", "vendorRecords", "deviceMajor", "deviceMinor"),
    },
    ...(type === "file" ? { body } : {}),
  };
}

function checkParents(path: string, inputs: ReadonlyMap<string, TarInput>): void {
  for (const parent of parentsOf(path)) {
    const type = inputs.get(parent)?.header.type ?? "directory";
    if (type !== "directory") throw misuse(path, `a directory above it, got a ${type}`);
  }
}

/** The named fields that are there. */
function pick<T extends object, K extends keyof T>(from: T, ...names: K[]): Partial<Pick<T, K>> {
  const picked: Partial<Pick<T, K>> = {};
  for (const name of names) if (from[name] !== undefined) picked[name] = from[name];
  return picked;
}

function misuse(path: string, expected: string): TypeError {
  return new TypeError(`Cannot put ${JSON.stringify(path)} into a layer: expected ${expected}`);
}
