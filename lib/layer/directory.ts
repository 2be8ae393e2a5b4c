import { encodeHeader, END_OF_ARCHIVE, paddingOf } from "../tar/writer.ts";
import { directoryPath } from "./entry_path.ts";
import { fileFailure } from "./file_failure.ts";
import type { TarStep } from "./fill_blocks.ts";
import { type IgnoreRules, parseIgnore } from "./ignore.ts";
import type { Layer } from "./layer.ts";
import type { LayerOptions } from "./layer_options.ts";
import { prepareWorkers } from "../stream/compress.ts";
import { lazy } from "../stream/lazy.ts";
import { type BlockReaderOptions, openBlockReader, startBlockReader } from "./read_blocks.ts";
import { TarLayer } from "./tar_layer.ts";
import { type TreeHeader, treeHeaders, type TreeOptions } from "./tree_headers.ts";
import { type TreeFile, walkTree } from "./walk_tree.ts";
import { NO_XATTRS, readXattrs } from "./xattrs.ts";

/** Options of {@linkcode layerFromDirectory}. */
export interface DirectoryOptions extends LayerOptions, TreeOptions {
  /** What to leave out: lines as in a `.dockerignore`. */
  readonly ignore?: readonly string[];
  /** A `.dockerignore` file; its lines come before those of `ignore`. None is looked for. */
  readonly ignoreFile?: string;
  /** Takes extended attributes along, by the `getfattr` command. */
  readonly xattrs?: boolean;
}

/** A worker is worth its start from so many bytes or files on. */
const WORKER_BYTES = 8 * 1024 * 1024;
const WORKER_FILES = 500;

/**
 * Makes a layer of a directory: what it holds comes to lie in `prefix`. A single file lies there
 * under its own name.
 *
 * The same tree gives the same digest on any machine: entries are sorted by the bytes of their
 * paths, owned by root, of one time, and carry no other names or times. Symlinks stay symlinks, and
 * of a file with several names in the tree the first becomes the file, the others hard links.
 * Devices, fifos, set-uid and sticky bits are kept.
 *
 * The tree is read again for every pass, files by a worker and never more than a few blocks ahead.
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
  return new TarLayer(
    ({ isTransient: reuse }) =>
      lazy((signal) => {
        const onReading = () => reuse ? prepareWorkers(options) : undefined;
        return ReadableStream.from(readTree(path, prefix, options, { signal, reuse, onReading }));
      }),
    options,
  );
}

async function* readTree(
  path: string,
  prefix: string,
  options: DirectoryOptions,
  reading: BlockReaderOptions,
): AsyncGenerator<Uint8Array> {
  const { signal } = reading;
  const rules = await readRules(options);
  const xattrs = options.xattrs === true ? await readXattrs(path, signal) : NO_XATTRS;
  const files = walkTree(path, rules);
  const { start, isLarge } = takeStart(files);
  signal.throwIfAborted();
  using reader = isLarge && options.workers !== 0 ? startBlockReader(reading) : openBlockReader();
  yield* reader.read(tarSteps(treeHeaders(prefix, chain(start, files), options, xattrs)));
}

/** Takes files until they are worth a worker. */
function takeStart(files: Iterator<TreeFile>): { start: TreeFile[]; isLarge: boolean } {
  const start: TreeFile[] = [];
  let bytes = 0;
  while (bytes < WORKER_BYTES && start.length < WORKER_FILES) {
    const { done, value } = files.next();
    if (done) return { start, isLarge: false };
    start.push(value);
    bytes += value.size;
  }
  return { start, isLarge: true };
}

function* chain<T>(start: Iterable<T>, rest: Iterable<T>): Generator<T> {
  yield* start;
  yield* rest;
}

function* tarSteps(entries: Iterable<TreeHeader>): Generator<TarStep, undefined> {
  for (const { header, file } of entries) {
    const head = encodeHeader(header);
    if (file === undefined) yield { head };
    else {
      const { source, size, mtime } = file;
      yield { head, file: { source, size, mtime, padding: paddingOf(size) } };
    }
  }
  yield { head: END_OF_ARCHIVE };
}

async function readRules(options: DirectoryOptions): Promise<IgnoreRules | undefined> {
  const { ignore = [], ignoreFile } = options;
  if (ignoreFile === undefined) return ignore.length === 0 ? undefined : parseIgnore(ignore);
  const text = await Deno.readTextFile(ignoreFile).catch((cause) => {
    throw fileFailure("read", ignoreFile, cause);
  });
  return parseIgnore([...text.replace(/^\ufeff/, "").split("\n"), ...ignore]);
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
