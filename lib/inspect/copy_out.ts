import { AlreadyExistsError, DavitError, FileError } from "../errors.ts";
import { fileFailure } from "../layer/file_failure.ts";
import { abortable } from "../stream/abortable.ts";
import { readTar } from "../tar/read_tar.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { FileEntry } from "./file_entry.ts";
import type { FileTree } from "./file_tree.ts";
import type { ImageFiles } from "./image_files.ts";

/** What was copied out of an image. */
export interface CopiedFiles {
  /** Where it lies now. */
  readonly path: string;
  /** How many files, hard links included. */
  readonly files: number;
  /** How many directories. */
  readonly directories: number;
  /** How many symbolic links, which are copied as they are. */
  readonly links: number;
  /** Bytes of content. */
  readonly bytes: number;
  /** What was left out: devices, fifos, and names that are no text. */
  readonly skipped: readonly string[];
}

/** The permission bits that are copied: nothing runs as somebody else for having been copied. */
const MODE_BITS = 0o777;

/**
 * Copies a file or a directory out of an image. A symbolic link that the path ends in is followed
 * inside the image; those below it are copied as they are. Owners, set-uid and set-gid are not.
 *
 * Into a directory that is there it goes under its own name. It is written under a temporary name
 * first, all below that, links last: nothing is written through a link, and no half is ever seen.
 *
 * @throws {NotFoundError} When there is no such path in the image.
 * @throws {AlreadyExistsError} When a directory would have to replace something.
 */
export async function copyOut(
  files: ImageFiles,
  path: string,
  destination: string,
  options: CallOptions = {},
): Promise<CopiedFiles> {
  const entry = await files.locate(path);
  const target = await targetOf(entry, path, destination);
  try {
    return await copyTo(files, { entry, path, target }, options);
  } catch (error) {
    const isKnown = error instanceof DavitError || options.signal?.aborted === true;
    throw isKnown ? error : fileFailure("write", target, error);
  }
}

async function copyTo(
  files: ImageFiles,
  { entry, path, target }: {
    readonly entry: FileEntry;
    readonly path: string;
    readonly target: string;
  },
  options: CallOptions,
): Promise<CopiedFiles> {
  const temporary = `${parentOf(target)}/.davit-${crypto.randomUUID()}`;
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => Deno.remove(temporary, { recursive: true }).catch(() => {}));
  if (entry.type === "directory") {
    if (await exists(target)) throw new AlreadyExistsError(target);
    const plan = planCopy(await files.tree(), entry, temporary);
    await writePlan(files, plan, temporary, options);
    await Deno.rename(temporary, target);
    return { path: target, ...plan.counts };
  }
  if (entry.type !== "file") {
    throw new FileError(`Cannot copy "${path}": expected a file, got a ${entry.type}`, path);
  }
  const { open } = await files.open(path);
  await writeFile(temporary, open(), options);
  await finishFile(temporary, entry);
  await Deno.rename(temporary, target);
  const counts = { files: 1, directories: 0, links: 0, bytes: entry.size, skipped: [] };
  return { path: target, ...counts };
}

interface Plan {
  readonly directories: readonly FileEntry[];
  /** Where content goes, by layer and ordinal. */
  readonly contents: ReadonlyMap<number, ReadonlyMap<number, FileEntry>>;
  /** Further names of files, each with the first. */
  readonly names: readonly (readonly [FileEntry, FileEntry])[];
  readonly links: readonly FileEntry[];
  readonly counts: Omit<CopiedFiles, "path">;
  /** Where an entry is written. */
  readonly pathOf: (entry: FileEntry) => string;
}

function planCopy(tree: FileTree, root: FileEntry, temporary: string): Plan {
  const directories: FileEntry[] = [root];
  const links: FileEntry[] = [];
  const names: (readonly [FileEntry, FileEntry])[] = [];
  const skipped: string[] = [];
  const contents = new Map<number, Map<number, FileEntry>>();
  let bytes = 0;
  for (const entry of tree.below(root)) {
    if (!entry.path.isWellFormed() || entry.path.includes("\0")) skipped.push(entry.path);
    else if (entry.type === "directory") directories.push(entry);
    else if (entry.type === "symlink") links.push(entry);
    else if (entry.type !== "file") skipped.push(entry.path);
    else {
      const { layer, ordinal } = tree.placeOf(entry) ?? { layer: -1, ordinal: 0 };
      const ofLayer = contents.get(layer) ?? new Map<number, FileEntry>();
      contents.set(layer, ofLayer);
      const first = ofLayer.get(ordinal);
      if (first === undefined) {
        ofLayer.set(ordinal, entry);
        bytes += entry.size;
      } else names.push([entry, first]);
    }
  }
  const files = names.length + contents.values().reduce((sum, { size }) => sum + size, 0);
  const start = root.path === "/" ? 0 : root.path.length;
  return {
    directories,
    contents,
    names,
    links,
    counts: { files, directories: directories.length, links: links.length, bytes, skipped },
    pathOf: ({ path }) => path === "/" ? temporary : temporary + path.slice(start),
  };
}

/** Writes what a plan says below a directory that only this process knows. */
async function writePlan(
  files: ImageFiles,
  plan: Plan,
  temporary: string,
  options: CallOptions,
): Promise<void> {
  const { directories, contents, names, links, pathOf } = plan;
  await Deno.mkdir(temporary, { mode: 0o700 });
  for (const directory of directories.slice(1)) {
    await Deno.mkdir(pathOf(directory), { mode: 0o700 });
  }
  for (const [position, layer] of (await files.layers()).entries()) {
    const wanted = contents.get(position);
    if (wanted === undefined) continue;
    let ordinal = 0;
    for await (const found of readTar(abortable(layer.uncompressed(), options.signal))) {
      const entry = wanted.get(ordinal++);
      if (entry === undefined) continue;
      await writeFile(pathOf(entry), found.body(), options);
      await finishFile(pathOf(entry), entry);
    }
  }
  for (const [name, first] of names) await Deno.link(pathOf(first), pathOf(name));
  for (const link of links) await Deno.symlink(link.target ?? "", pathOf(link));
  for (const directory of directories.toReversed()) await finishFile(pathOf(directory), directory);
}

async function writeFile(
  path: string,
  content: ReadableStream<Uint8Array>,
  { signal }: CallOptions,
): Promise<void> {
  const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  await content.pipeTo(file.writable, signal === undefined ? {} : { signal });
}

async function finishFile(path: string, { mode, mtime }: FileEntry): Promise<void> {
  await Deno.chmod(path, mode & MODE_BITS);
  await Deno.utime(path, Math.max(0, mtime), Math.max(0, mtime));
}

/** Where something goes: below a directory that is there, else to the path itself. */
async function targetOf(entry: FileEntry, path: string, destination: string): Promise<string> {
  const info = await Deno.stat(destination).catch(() => undefined);
  if (info?.isDirectory !== true) {
    const into = destination.endsWith("/") ? destination : parentOf(destination);
    const parent = await Deno.stat(into).catch(() => undefined);
    if (parent?.isDirectory === true) return destination;
    throw new FileError(`Cannot copy into "${into}": expected a directory, there is none`, into);
  }
  const [name = entry.path.split("/").at(-1)] = path.split("/").filter(isName).reverse();
  const isNamed = name !== undefined && name !== "" && name !== "..";
  return isNamed ? `${destination.replace(/\/+$/, "")}/${name}` : destination;
}

function isName(part: string): boolean {
  return part !== "" && part !== ".";
}

function parentOf(path: string): string {
  const slash = path.replace(/\/+$/, "").lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
