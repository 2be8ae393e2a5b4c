import { FileError } from "../errors.ts";
import type { BlobDirectory } from "../layout/blob_directory.ts";
import type { Digest } from "../oci/digest.ts";
import type { ByteRange } from "./byte_range.ts";
import type { BlobShelf, HostedRepository } from "./repositories.ts";

/** The fastest size measured, for one download as for several at once. */
const CHUNK_BYTES = 512 * 1024;

/** The blobs of a repository on disk. */
export class DiskBlobs implements BlobShelf {
  readonly #directory: BlobDirectory;
  readonly #prepare: () => Promise<void>;

  constructor(directory: BlobDirectory, prepare: () => Promise<void>) {
    this.#directory = directory;
    this.#prepare = prepare;
  }

  size(digest: Digest): Promise<number | undefined> {
    return Promise.try(() => {
      try {
        return this.#directory.size(digest);
      } catch (error) {
        if (error instanceof FileError) return undefined;
        throw error;
      }
    });
  }

  async read(digest: Digest, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    const file = await this.#directory.open(digest);
    try {
      const { start, end } = range ?? { start: 0, end: (await file.stat()).size };
      if (start > 0) await file.seek(start, Deno.SeekMode.Start);
      return take(file, end - start);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async write(digest: Digest, bytes: Uint8Array): Promise<void> {
    await this.#prepare();
    await using file = await this.#directory.create();
    file.append(bytes);
    await file.publish(this.#directory.locate(digest));
  }

  async link(digest: Digest, from: HostedRepository): Promise<boolean> {
    if (!(from.blobs instanceof DiskBlobs)) return false;
    if (await from.blobs.size(digest) === undefined) return false;
    await this.#prepare();
    await this.#directory.link(digest, from.blobs.#directory);
    return true;
  }

  remove(digest: Digest): Promise<boolean> {
    return this.#directory.remove(digest);
  }
}

/** Reads that many bytes of a file from where it stands, one chunk ahead, then closes it. */
function take(file: Deno.FsFile, length: number): ReadableStream<Uint8Array> {
  let left = length;
  let isOpen = true;
  function close(): void {
    if (isOpen) file.close();
    isOpen = false;
  }
  return new ReadableStream({
    async pull(controller) {
      const buffer = new Uint8Array(Math.min(left, CHUNK_BYTES));
      const read = left === 0 ? null : await file.read(buffer).catch((error) => {
        close();
        throw error;
      });
      if (!isOpen) return;
      left -= read ?? 0;
      if (read !== null) controller.enqueue(buffer.subarray(0, read));
      if (read !== null && left > 0) return;
      close();
      controller.close();
    },
    cancel: close,
  }, { highWaterMark: 1 });
}
