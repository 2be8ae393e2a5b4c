import { FileError } from "../errors.ts";
import type { BlobDirectory } from "../layout/blob_directory.ts";
import { parentOf, syncDirectory } from "../layout/durable.ts";
import type { Digest } from "../oci/digest.ts";
import type { ByteRange } from "./byte_range.ts";
import { readRange } from "../layout/read_range.ts";
import type {
  BlobShelf,
  HostedRepository,
  RemoveBlobOptions,
  ShelvedBlob,
} from "./repositories.ts";

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
    return await readRange(await this.#directory.open(digest), range);
  }

  async write(digest: Digest, bytes: Uint8Array): Promise<void> {
    await this.#prepare();
    await using file = await this.#directory.create();
    await file.append(bytes);
    await file.publish(this.#directory.locate(digest), { durable: true });
  }

  async link(digest: Digest, from: HostedRepository): Promise<boolean> {
    if (!(from.blobs instanceof DiskBlobs)) return false;
    if (await from.blobs.size(digest) === undefined) return false;
    await this.#prepare();
    await this.#directory.link(digest, from.blobs.#directory);
    await this.#directory.touch(digest);
    await syncDirectory(parentOf(this.#directory.locate(digest)));
    return true;
  }

  remove(digest: Digest, options?: RemoveBlobOptions): Promise<boolean> {
    return this.#directory.remove(digest, options);
  }

  async touch(digest: Digest): Promise<number | undefined> {
    const size = await this.size(digest);
    if (size !== undefined) await this.#directory.touch(digest);
    return size;
  }

  list(): AsyncGenerator<ShelvedBlob> {
    return this.#directory.list();
  }
}
