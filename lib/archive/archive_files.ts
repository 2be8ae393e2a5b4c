import type { CallOptions } from "../layer/content_source.ts";
import { drain } from "../layer/drain.ts";
import { measure } from "../stream/measure.ts";
import { readAll } from "../stream/read_all.ts";
import { DocumentError, NotFoundError } from "../errors.ts";
import { openRange } from "./file_range.ts";
import { type LocatedEntry, locateEntries } from "./tar_entries.ts";

/** A file of an archive. */
export interface ArchivedFile {
  /** Its path, after all links. */
  readonly path: string;
  /** The number of its bytes. */
  readonly size: number;
  /** Opens the bytes, from `offset` on. */
  open(offset?: number): ReadableStream<Uint8Array>;
}

/** Options of {@linkcode ArchiveFiles.bytes}. */
export interface BytesOptions {
  /** How an error names the file. */
  readonly what: string;
  /** The most bytes that are accepted. */
  readonly maxBytes: number;
}

/** As many links as Linux follows on one path. */
const MAX_LINKS = 40;

/** The files of a tar by their paths, as if it had been unpacked into a root of its own. */
export class ArchiveFiles {
  /** How messages name the archive. */
  readonly label: string;
  readonly #tar: string;
  readonly #entries: ReadonlyMap<string, readonly LocatedEntry[]>;

  private constructor(
    tar: string,
    label: string,
    entries: ReadonlyMap<string, readonly LocatedEntry[]>,
  ) {
    this.#tar = tar;
    this.label = label;
    this.#entries = entries;
  }

  /** @param tar The path of the plain tar. @param label How messages name the archive. */
  static async read(tar: string, label: string, options?: CallOptions): Promise<ArchiveFiles> {
    const entries = new Map<string, LocatedEntry[]>();
    for (const entry of await locateEntries(tar, options)) {
      const { type, name } = entry.header;
      const steps = stepsOf(name);
      const isWanted = type === "file" || type === "symlink" || type === "hardlink";
      if (!isWanted || steps.includes("..")) continue;
      const path = steps.join("/");
      const same = entries.get(path);
      if (same === undefined) entries.set(path, [entry]);
      else same.push(entry);
    }
    return new ArchiveFiles(tar, label, entries);
  }

  /**
   * The file at a path, links followed; `undefined` when there is none.
   *
   * @throws {DocumentError} When the path leads out of the archive or round in circles, or two
   * files that differ have the same one.
   */
  async find(path: string): Promise<ArchivedFile | undefined> {
    const found = this.#resolve(path);
    const [entry, ...others] = this.#entries.get(found) ?? [];
    if (entry === undefined) return undefined;
    if (others.length > 0) await this.#checkSame(found, [entry, ...others]);
    const { header: { size }, offset: start } = entry;
    return {
      path: found,
      size,
      open: (offset = 0) => openRange(this.#tar, start + offset, Math.max(0, size - offset)),
    };
  }

  /**
   * The file at a path, links followed.
   *
   * @throws {NotFoundError} When there is none.
   * @throws {DocumentError} As {@linkcode find} does.
   */
  async file(path: string): Promise<ArchivedFile> {
    const found = await this.find(path);
    if (found === undefined) throw new NotFoundError("file", path, this.label);
    return found;
  }

  /**
   * The bytes of a small file; `undefined` when there is none.
   *
   * @throws {LimitExceededError} When it is larger than `maxBytes`.
   */
  async bytes(path: string, options: BytesOptions): Promise<Uint8Array | undefined> {
    const found = await this.find(path);
    if (found === undefined) return undefined;
    const { what, maxBytes } = options;
    return await readAll(found.open(), { what: `${what} of ${this.label}`, maxBytes });
  }

  /** Walks a path as a system would whose root is the archive. */
  #resolve(path: string): string {
    const ahead = stepsOf(path).reverse();
    let walked: string[] = [];
    let links = 0;
    for (let step = ahead.pop(); step !== undefined; step = ahead.pop()) {
      if (step === ".." && walked.pop() === undefined) {
        throw this.#failure(path, "a path inside the archive, got one that leads out of it");
      }
      if (step === "..") continue;
      walked.push(step);
      const header = this.#entries.get(walked.join("/"))?.[0]?.header;
      if (header?.linkName === undefined || header.type === "file") continue;
      if (++links > MAX_LINKS) {
        throw this.#failure(path, `at most ${MAX_LINKS} links to follow, got more`);
      }
      const fromRoot = header.type === "hardlink" || header.linkName.startsWith("/");
      walked = fromRoot ? [] : walked.slice(0, -1);
      ahead.push(...stepsOf(header.linkName).reverse());
    }
    return walked.join("/");
  }

  /** The same file twice is one file; different ones would mean different things to others. */
  async #checkSame(path: string, entries: readonly LocatedEntry[]): Promise<void> {
    const digests = new Set<string>();
    for (const { header: { type, size }, offset } of entries) {
      if (type !== "file") digests.add(type);
      const { stream, done } = measure(openRange(this.#tar, offset, size));
      await drain(stream);
      digests.add((await done).digest);
    }
    if (digests.size === 1) return;
    throw this.#failure(path, `one entry, got ${entries.length} that differ`);
  }

  #failure(path: string, expected: string): DocumentError {
    return new DocumentError(`Cannot read "${path}" in ${this.label}: expected ${expected}`);
  }
}

function stepsOf(path: string): string[] {
  return path.split("/").filter((step) => step !== "" && step !== ".");
}
