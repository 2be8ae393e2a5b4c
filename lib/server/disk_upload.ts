import type { BlobDirectory } from "../layout/blob_directory.ts";
import { syncFile } from "../layout/durable.ts";
import { listDirectory, renameInto, withParent, writeAllSync } from "../layout/partial_file.ts";
import type { Digest } from "../oci/digest.ts";
import type { ByteRange } from "./byte_range.ts";
import { readRange } from "../layout/read_range.ts";
import type { Upload, UploadShelf, UploadWriter } from "./repositories.ts";

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** What is left to be brought to the disk at the end, about. */
const SYNC_EVERY_BYTES = 16 * 1024 * 1024;
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/** The uploads of a repository on disk: a file each, which outlives the process. */
export class DiskUploads implements UploadShelf {
  readonly #path: string;
  readonly #blobs: BlobDirectory;
  readonly #prepare: () => Promise<void>;

  constructor(path: string, blobs: BlobDirectory, prepare: () => Promise<void>) {
    this.#path = path;
    this.#blobs = blobs;
    this.#prepare = prepare;
  }

  async begin(): Promise<Upload> {
    const upload = this.#upload(crypto.randomUUID());
    await upload.create();
    return upload;
  }

  async find(id: string): Promise<Upload | undefined> {
    if (!ID.test(id)) return undefined;
    const upload = this.#upload(id);
    return await upload.exists() ? upload : undefined;
  }

  #upload(id: string): DiskUpload {
    return new DiskUpload(id, `${this.#path}/${id}`, this.#blobs, this.#prepare);
  }
}

class DiskUpload implements Upload {
  readonly id: string;
  readonly #path: string;
  readonly #blobs: BlobDirectory;
  readonly #prepare: () => Promise<void>;

  constructor(id: string, path: string, blobs: BlobDirectory, prepare: () => Promise<void>) {
    this.id = id;
    this.#path = path;
    this.#blobs = blobs;
    this.#prepare = prepare;
  }

  async create(): Promise<void> {
    await withParent(this.#path, async () => {
      const file = await Deno.open(this.#path, { write: true, createNew: true });
      file.close();
    });
  }

  async exists(): Promise<boolean> {
    return await this.#info() !== undefined;
  }

  async size(): Promise<number> {
    return (await this.#info())?.size ?? 0;
  }

  async open(): Promise<UploadWriter> {
    return new DiskWriter(await Deno.open(this.#path, { append: true }));
  }

  async read(range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    return await readRange(await Deno.open(this.#path), range);
  }

  async truncate(size: number): Promise<void> {
    await Deno.truncate(this.#path, size);
  }

  async publish(digest: Digest): Promise<void> {
    await this.#prepare();
    await syncFile(this.#path);
    await renameInto(this.#path, this.#blobs.locate(digest), { durable: true });
  }

  async discard(): Promise<void> {
    await Deno.remove(this.#path).catch(ignoreMissing);
  }

  async #info(): Promise<Deno.FileInfo | undefined> {
    return await Deno.stat(this.#path).catch(ignoreMissing);
  }
}

/** Writes an upload, and brings it to the disk on its way: so the end has little to wait for. */
class DiskWriter implements UploadWriter {
  readonly #file: Deno.FsFile;
  #unsynced = 0;
  #syncing: Promise<void> | undefined;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  append(bytes: Uint8Array): void {
    writeAllSync(this.#file, bytes);
    this.#unsynced += bytes.length;
    if (this.#unsynced >= SYNC_EVERY_BYTES) this.#syncing ??= this.#sync();
  }

  [Symbol.dispose](): void {
    if (this.#syncing === undefined) this.#file.close();
    else this.#syncing.then(() => this.#file.close());
  }

  /** What fails here fails again at the end, where somebody is told. */
  async #sync(): Promise<void> {
    this.#unsynced = 0;
    await this.#file.syncData().catch(() => {});
    this.#syncing = undefined;
  }
}

/** Removes the uploads that nobody has added to for a day. */
export async function removeAbandonedUploads(root: string): Promise<void> {
  for (const repository of await listDirectory(root)) {
    const directory = `${root}/${repository.name}`;
    for (const { name } of await listDirectory(directory)) {
      const path = `${directory}/${name}`;
      const info = await Deno.stat(path).catch(ignoreMissing);
      if (info === undefined || Date.now() - (info.mtime?.getTime() ?? 0) < ABANDONED_AFTER_MS) {
        continue;
      }
      await Deno.remove(path).catch(ignoreMissing);
    }
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
