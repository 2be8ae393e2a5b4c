import { FileError, NotFoundError } from "../errors.ts";
import { fileFailure } from "../layer/file_failure.ts";
import { algorithmOf, type Digest, hexOf } from "../oci/digest.ts";
import { PartialFile, withParent } from "./partial_file.ts";

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

  /** Takes a blob of another directory as a hard link, replacing one of another size. */
  async link(digest: Digest, from: BlobDirectory): Promise<void> {
    const [source, target] = [from.locate(digest), this.locate(digest)];
    const size = this.size(digest);
    if (size !== undefined && size === from.size(digest)) return;
    if (size !== undefined) await this.remove(digest);
    await withParent(target, () => Deno.link(source, target));
  }

  /** Removes a blob; `false` when it was not there. */
  async remove(digest: Digest): Promise<boolean> {
    try {
      await Deno.remove(this.locate(digest));
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
