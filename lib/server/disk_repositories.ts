import { BlobDirectory } from "../layout/blob_directory.ts";
import { IndexFile } from "../layout/index_file.ts";
import { isLayout, prepareLayout } from "../layout/layout_files.ts";
import { listDirectory, removeStalePartials } from "../layout/partial_file.ts";
import { Roots } from "../layout/roots.ts";
import { DiskBlobs } from "./disk_blobs.ts";
import { DiskUploads, removeAbandonedUploads } from "./disk_upload.ts";
import { isRepositoryName } from "./names.ts";
import type { HostedRepository, Repositories, RootShelf } from "./repositories.ts";

const UPLOADS = "_uploads";

/**
 * Repositories in a directory. Each is an OCI layout of its own, which other tools read as it is:
 * `library/alpine` is `oci:ROOT/library+alpine`.
 *
 * What was acknowledged survives the death of the process at any moment, and uploads go on after it
 * where they were. Uploads that nobody has touched for a day are removed.
 *
 * @param root The directory; created when it is missing.
 * @example
 * ```ts
 * import { diskRepositories, serveRegistry } from "@davit/davit/server";
 *
 * const root = await Deno.makeTempDir();
 * await using server = await serveRegistry({ repositories: await diskRepositories(root) });
 * await fetch(server.url + "/v2/").then((answer) => answer.body?.cancel());
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export async function diskRepositories(root: string): Promise<Repositories> {
  await Deno.mkdir(root, { recursive: true });
  await removeAbandonedUploads(`${root}/${UPLOADS}`);
  return new DiskRepositories(root);
}

class DiskRepositories implements Repositories {
  readonly #root: string;
  readonly #known = new Map<string, DiskRepository>();

  constructor(root: string) {
    this.#root = root;
  }

  async find(name: string): Promise<HostedRepository | undefined> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const exists = await isLayout(this.#locate(name)) || await isDirectory(this.#uploads(name));
    return exists ? this.#remember(name) : undefined;
  }

  create(name: string): Promise<HostedRepository> {
    return Promise.resolve(this.#remember(name));
  }

  async names(): Promise<readonly string[]> {
    const names: string[] = [];
    for (const entry of await listDirectory(this.#root)) {
      const name = entry.name.replaceAll("+", "/");
      if (entry.isDirectory && isRepositoryName(name) && await isLayout(this.#locate(name))) {
        names.push(name);
      }
    }
    return names.sort();
  }

  #remember(name: string): DiskRepository {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const repository = new DiskRepository(name, this.#locate(name), this.#uploads(name));
    this.#known.set(name, repository);
    return repository;
  }

  #locate(name: string): string {
    return `${this.#root}/${fileName(name)}`;
  }

  #uploads(name: string): string {
    return `${this.#root}/${UPLOADS}/${fileName(name)}`;
  }
}

class DiskRepository implements HostedRepository {
  readonly name: string;
  readonly blobs: DiskBlobs;
  readonly roots: RootShelf;
  readonly uploads: DiskUploads;
  readonly #path: string;
  readonly #index: IndexFile;
  #preparing: Promise<void> | undefined;

  constructor(name: string, path: string, uploads: string) {
    this.name = name;
    this.#path = path;
    this.#index = new IndexFile(path);
    const directory = new BlobDirectory(path);
    this.blobs = new DiskBlobs(directory, () => this.#prepare());
    this.uploads = new DiskUploads(uploads, directory, () => this.#prepare());
    this.roots = {
      read: () => this.#read(),
      edit: async (change) => {
        await this.#prepare();
        await this.#index.edit(change);
      },
    };
  }

  async #read(): Promise<Roots> {
    if (this.#preparing === undefined && !await isLayout(this.#path)) return Roots.empty();
    await this.#prepare();
    return await this.#index.read();
  }

  #prepare(): Promise<void> {
    return this.#preparing ??= (async () => {
      await prepareLayout(this.#path);
      await removeStalePartials(this.#path);
    })().catch((error) => {
      this.#preparing = undefined;
      throw error;
    });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function fileName(repository: string): string {
  return repository.replaceAll("/", "+");
}
