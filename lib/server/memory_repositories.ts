import { NotFoundError } from "../errors.ts";
import { Roots } from "../layout/roots.ts";
import type { Digest } from "../oci/digest.ts";
import type { ByteRange } from "./byte_range.ts";
import type {
  BlobShelf,
  HostedRepository,
  RemoveBlobOptions,
  Repositories,
  RootShelf,
  ShelvedBlob,
  Upload,
  UploadShelf,
} from "./repositories.ts";

interface Bytes {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
}

interface Kept extends Bytes {
  usedAt: number;
}

/**
 * Repositories in this process's memory: what is pushed is gone with it.
 *
 * @example
 * ```ts
 * import { createRegistry, memoryRepositories } from "@davit/davit/server";
 *
 * const repositories = memoryRepositories();
 * const registry = createRegistry({ repositories });
 * await registry.fetch(new Request("http://localhost/v2/app/blobs/uploads/", { method: "POST" }));
 * console.assert((await repositories.names()).length === 0);
 * ```
 */
export function memoryRepositories(): Repositories {
  const repositories = new Map<string, MemoryRepository>();
  return {
    find: (name) => Promise.resolve(repositories.get(name)),
    create(name) {
      const repository = repositories.get(name) ?? new MemoryRepository(name);
      repositories.set(name, repository);
      return Promise.resolve(repository);
    },
    names() {
      const used = [...repositories.values()].filter(({ blobs }) => blobs.isUsed);
      return Promise.resolve(used.map(({ name }) => name).sort());
    },
    tidy: () => Promise.resolve(),
  };
}

class MemoryRepository implements HostedRepository {
  readonly name: string;
  readonly blobs = new MemoryBlobs();
  readonly roots = new MemoryRoots();
  readonly uploads = new MemoryUploads(this.blobs);

  constructor(name: string) {
    this.name = name;
  }
}

class MemoryBlobs implements BlobShelf {
  readonly #content = new Map<Digest, Kept>();
  isUsed = false;

  size(digest: Digest): Promise<number | undefined> {
    return Promise.resolve(this.#content.get(digest)?.size);
  }

  read(digest: Digest, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    const bytes = this.#content.get(digest);
    if (bytes === undefined) return Promise.reject(new NotFoundError("blob", digest, "memory"));
    return Promise.resolve(
      ReadableStream.from(slices(bytes.chunks, range ?? { start: 0, end: bytes.size })),
    );
  }

  write(digest: Digest, bytes: Uint8Array): Promise<void> {
    this.keep(digest, { chunks: [bytes], size: bytes.length });
    return Promise.resolve();
  }

  link(digest: Digest, from: HostedRepository): Promise<boolean> {
    const bytes = from.blobs instanceof MemoryBlobs ? from.blobs.#content.get(digest) : undefined;
    if (bytes !== undefined) this.keep(digest, bytes);
    return Promise.resolve(bytes !== undefined);
  }

  remove(
    digest: Digest,
    { unusedSince = Infinity }: RemoveBlobOptions = {},
  ): Promise<boolean> {
    const { usedAt = Infinity } = this.#content.get(digest) ?? {};
    return Promise.resolve(usedAt <= unusedSince && this.#content.delete(digest));
  }

  touch(digest: Digest): Promise<number | undefined> {
    const kept = this.#content.get(digest);
    if (kept !== undefined) kept.usedAt = Date.now();
    return Promise.resolve(kept?.size);
  }

  async *list(): AsyncGenerator<ShelvedBlob> {
    for (const [digest, { size, usedAt }] of [...this.#content]) yield { digest, size, usedAt };
  }

  keep(digest: Digest, bytes: Bytes): void {
    this.isUsed = true;
    this.#content.set(digest, { ...bytes, usedAt: Date.now() });
  }
}

class MemoryRoots implements RootShelf {
  #roots = Roots.empty();

  read(): Promise<Roots> {
    return Promise.resolve(this.#roots);
  }

  edit(change: (roots: Roots) => Roots): Promise<void> {
    return Promise.try(() => {
      this.#roots = change(this.#roots);
    });
  }
}

class MemoryUploads implements UploadShelf {
  readonly #blobs: MemoryBlobs;
  readonly #uploads = new Map<string, Upload>();

  constructor(blobs: MemoryBlobs) {
    this.#blobs = blobs;
  }

  begin(): Promise<Upload> {
    const upload = new MemoryUpload(this.#blobs, (id) => this.#uploads.delete(id));
    this.#uploads.set(upload.id, upload);
    return Promise.resolve(upload);
  }

  find(id: string): Promise<Upload | undefined> {
    return Promise.resolve(this.#uploads.get(id));
  }
}

class MemoryUpload implements Upload {
  readonly id: string = crypto.randomUUID();
  readonly #blobs: MemoryBlobs;
  readonly #onEnd: (id: string) => void;
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(blobs: MemoryBlobs, onEnd: (id: string) => void) {
    this.#blobs = blobs;
    this.#onEnd = onEnd;
  }

  size(): Promise<number> {
    return Promise.resolve(this.#size);
  }

  open(): Promise<{ append(bytes: Uint8Array): void } & Disposable> {
    return Promise.resolve({
      append: (bytes: Uint8Array) => {
        this.#chunks.push(bytes.slice());
        this.#size += bytes.length;
      },
      [Symbol.dispose]() {},
    });
  }

  read(range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    const chunks = slices([...this.#chunks], range ?? { start: 0, end: this.#size });
    return Promise.resolve(ReadableStream.from(chunks));
  }

  truncate(size: number): Promise<void> {
    this.#chunks = [...slices(this.#chunks, { start: 0, end: size })];
    this.#size = size;
    return Promise.resolve();
  }

  publish(digest: Digest): Promise<void> {
    this.#blobs.keep(digest, { chunks: this.#chunks, size: this.#size });
    return this.discard();
  }

  discard(): Promise<void> {
    this.#chunks = [];
    this.#onEnd(this.id);
    return Promise.resolve();
  }
}

function* slices(chunks: readonly Uint8Array[], range: ByteRange): Generator<Uint8Array> {
  let offset = 0;
  for (const chunk of chunks) {
    const slice = chunk.slice(
      Math.max(0, range.start - offset),
      Math.max(0, range.end - offset),
    );
    if (slice.length > 0) yield slice;
    offset += chunk.length;
  }
}
