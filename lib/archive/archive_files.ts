import type { CallOptions } from "../layer/content_source.ts";
import { drain } from "../layer/drain.ts";
import { measure } from "../stream/measure.ts";
import { readAll } from "../stream/read_all.ts";
import type { TarHeader } from "../tar/entry.ts";
import { DocumentError, NotFoundError, TarError } from "../errors.ts";
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

/** Where a link leads. */
interface Link {
  readonly target: string;
  readonly isFromRoot: boolean;
}

/** As many links as Linux follows on one path. */
const MAX_LINKS = 40;

/** The files of a tar by their paths, as if it had been unpacked into a root of its own. */
export class ArchiveFiles {
  /** How messages name the archive. */
  readonly label: string;
  readonly #tar: string;
  readonly #entries: ReadonlyMap<string, readonly LocatedEntry[]>;

  readonly #cutAt: number | undefined;

  private constructor(
    tar: string,
    label: string,
    entries: ReadonlyMap<string, readonly LocatedEntry[]>,
    cutAt?: number,
  ) {
    this.#tar = tar;
    this.label = label;
    this.#entries = entries;
    this.#cutAt = cutAt;
  }

  /** @param tar The path of the plain tar. @param label How messages name the archive. */
  static async read(tar: string, label: string, options?: CallOptions): Promise<ArchiveFiles> {
    const entries = new Map<string, LocatedEntry[]>();
    const located = await locateEntries(tar, options);
    for (const entry of located.entries) {
      const { type, name } = entry.header;
      const steps = stepsOf(name);
      const isWanted = type === "file" || type === "symlink" || type === "hardlink";
      if (!isWanted || steps.includes("..")) continue;
      const path = steps.join("/");
      const same = entries.get(path);
      if (same === undefined) entries.set(path, [entry]);
      else same.push(entry);
    }
    return new ArchiveFiles(tar, label, entries, located.cutAt);
  }

  /** The same files under another name for messages. */
  withLabel(label: string): ArchiveFiles {
    return new ArchiveFiles(this.#tar, label, this.#entries, this.#cutAt);
  }

  /**
   * Says why something is missing, if that is because the tar is cut between two entries.
   *
   * @param what What is missing.
   * @throws {TarError} When it is.
   */
  refuseCut(what: string): void {
    if (this.#cutAt === undefined) return;
    const how = this.#cutAt === 0 ? "empty" : "cut short";
    throw new TarError(
      `Cannot read ${this.label}: it is ${how}: expected ${what}, got the end`,
      this.#cutAt,
    );
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
   * @param kind What it is, for the error: `layer`.
   * @throws {NotFoundError} When there is none.
   * @throws {TarError} When there is none, and the tar is cut short.
   * @throws {DocumentError} As {@linkcode find} does.
   */
  async file(path: string, kind: string): Promise<ArchivedFile> {
    const found = await this.find(path);
    if (found !== undefined) return found;
    this.refuseCut(`${kind} "${path}"`);
    throw new NotFoundError(kind, path, this.label);
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
      const link = this.#linkAt(walked.join("/"));
      if (link === undefined) continue;
      if (++links > MAX_LINKS) {
        throw this.#failure(path, `at most ${MAX_LINKS} links to follow, got more`);
      }
      walked = link.isFromRoot ? [] : walked.slice(0, -1);
      ahead.push(...stepsOf(link.target).reverse());
    }
    return walked.join("/");
  }

  #linkAt(path: string): Link | undefined {
    const found = this.#entries.get(path) ?? [];
    const [link, ...others] = found.map(({ header }) => linkOf(header));
    if (others.some((other) => other?.target !== link?.target)) {
      throw this.#failure(path, `one entry, got ${found.length} that differ`);
    }
    return link;
  }

  /** The same file twice is one file; different ones would mean different things to others. */
  async #checkSame(path: string, entries: readonly LocatedEntry[]): Promise<void> {
    const digests = new Set<string>();
    for (const { header: { size }, offset } of entries) {
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

/** Where a link leads; a hard link's target is a path from the root of the archive. */
function linkOf({ type, linkName = "" }: TarHeader): Link | undefined {
  if (type === "file") return undefined;
  return { target: linkName, isFromRoot: type === "hardlink" || linkName.startsWith("/") };
}

function stepsOf(path: string): string[] {
  return path.split("/").filter((step) => step !== "" && step !== ".");
}
