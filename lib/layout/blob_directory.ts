import { FileError, NotFoundError } from "../errors.ts";
import { fileFailure } from "../layer/file_failure.ts";
import { algorithmOf, type Digest, hexOf, isDigest } from "../oci/digest.ts";
import { listDirectory, PartialFile, withParent } from "./partial_file.ts";

const FRESH_MS = 60_000;
const ALGORITHMS = ["sha256", "sha512"] as const;

/** The `blobs` of a layout: files named by what they hash to. */
export class BlobDirectory {
  readonly #layout: string;

  /** @param layout The path of the layout. */
  constructor(layout: string) {
    this.#layout = layout;
  }

  /** Where a blob is or would be. */
  locate(digest: Digest): string {
    return `${this.#layout}/blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
  }

  /**
   * The size of a blob in bytes, or `undefined` when it is not there.
   *
   * @throws {FileError} When something else than a file is in its place. A link could lead anywhere.
   */
  size(digest: Digest): number | undefined {
    const path = this.locate(digest);
    const info = lstat(path);
    if (info === undefined || info.isFile) return info?.size;
    throw new FileError(
      `Cannot read blob "${path}": expected a regular file, got ${
        info.isSymlink ? "a symbolic link" : "something else"
      }`,
      path,
    );
  }

  /**
   * Opens a blob for reading.
   *
   * @throws {NotFoundError} When it is not there.
   */
  async open(digest: Digest): Promise<Deno.FsFile> {
    if (this.size(digest) === undefined) throw new NotFoundError("blob", digest, this.#layout);
    return await Deno.open(this.locate(digest));
  }

  /** Begins a blob whose digest need not be known yet. */
  create(): Promise<PartialFile> {
    return PartialFile.create(this.#layout);
  }

  /** Begins a blob, or goes on with it where an earlier process stopped. */
  async resume(digest: Digest): Promise<PartialFile> {
    const name = `${algorithmOf(digest)}-${hexOf(digest)}.part`;
    await Deno.mkdir(this.#layout, { recursive: true });
    return await PartialFile.resume(this.#layout, name) ?? await this.create();
  }

  /** Takes a blob of another directory as a hard link, replacing one of another size. */
  async link(digest: Digest, from: BlobDirectory): Promise<void> {
    const [source, target] = [from.locate(digest), this.locate(digest)];
    const size = this.size(digest);
    if (size !== undefined && size === from.size(digest)) return;
    if (size !== undefined) await this.remove(digest);
    await withParent(target, () => Deno.link(source, target));
  }

  /** Notes that somebody is about to use a blob that is there, unless that was noted just now. */
  async touch(digest: Digest): Promise<void> {
    const path = this.locate(digest);
    const now = new Date();
    const { mtime } = lstat(path) ?? {};
    if (now.getTime() - (mtime?.getTime() ?? 0) < FRESH_MS) return;
    // It may be gone; and where nothing can be written, nothing is removed either.
    await Deno.utime(path, now, now).catch(() => {});
  }

  /** Everything that is there; `usedAt` is in milliseconds since the epoch. */
  async *list(): AsyncGenerator<
    { readonly digest: Digest; readonly size: number; readonly usedAt: number }
  > {
    for (const algorithm of ALGORITHMS) {
      for (const { name } of await listDirectory(`${this.#layout}/blobs/${algorithm}`)) {
        const digest = `${algorithm}:${name}`;
        if (!isDigest(digest)) continue;
        const info = lstat(this.locate(digest));
        if (info === undefined) continue;
        yield { digest, size: info.size, usedAt: info.mtime?.getTime() ?? Date.now() };
      }
    }
  }

  /** Removes a blob; `false` when it was not there, or was used later than `unusedSince`. */
  async remove(
    digest: Digest,
    { unusedSince = Infinity }: { readonly unusedSince?: number } = {},
  ): Promise<boolean> {
    const path = this.locate(digest);
    try {
      const { mtime } = await Deno.lstat(path);
      if ((mtime?.getTime() ?? 0) > unusedSince) return false;
      await Deno.remove(path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
}

function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw fileFailure("read", path, error);
  }
}
