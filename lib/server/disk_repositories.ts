import { FileError, NotFoundError } from "../errors.ts";
import { fileFailure, systemReason } from "../layer/file_failure.ts";
import { BlobDirectory } from "../layout/blob_directory.ts";
import { parentOf, syncDirectory } from "../layout/durable.ts";
import { IndexFile } from "../layout/index_file.ts";
import { isLayout, prepareLayout } from "../layout/layout_files.ts";
import { listDirectory, removeStalePartials } from "../layout/partial_file.ts";
import { Roots } from "../layout/roots.ts";
import { isRepositoryPath } from "../oci/reference.ts";
import { DiskBlobs } from "./disk_blobs.ts";
import { DiskUploads, removeAbandonedUploads } from "./disk_upload.ts";
import type { HostedRepository, Repositories, RootShelf } from "./repositories.ts";

const UPLOADS = "_uploads";

/** Options of {@linkcode diskRepositories}. */
export interface DiskRepositoriesOptions {
  /** Leaves the directory as it is, which may then be one that takes no files; `false` unless said. */
  readonly readOnly?: boolean;
}

/**
 * Repositories in a directory. Each is an OCI layout of its own, which other tools read as it is:
 * `library/alpine` is `oci:ROOT/library+alpine`.
 *
 * What was acknowledged survives the death of the process or of the machine at any moment, and uploads
 * go on after it where they were. An upload that nobody goes on with is removed after an hour, one that a dead
 * process left after a day.
 *
 * @param root The directory; created when it is missing, unless it is for reading.
 * @throws {FileError} When it cannot be, or takes no files.
 * @throws {NotFoundError} When it is for reading and missing.
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
export async function diskRepositories(
  root: string,
  { readOnly = false }: DiskRepositoriesOptions = {},
): Promise<Repositories> {
  const repositories = new DiskRepositories(root);
  if (readOnly) {
    await tryToRead(root);
  } else {
    await makeRoot(root);
    await repositories.tidy();
  }
  return repositories;
}

/**
 * Repositories in a directory that is there.
 *
 * @throws {NotFoundError} When it is not.
 */
export async function openRepositories(root: string): Promise<Repositories> {
  if (!exists(root)) throw new NotFoundError("directory", root);
  const repositories = new DiskRepositories(root);
  await repositories.tidy();
  return repositories;
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
    const isThere = await isLayout(this.#locate(name)) || exists(this.#uploads(name));
    return isThere ? this.#remember(name) : undefined;
  }

  create(name: string): Promise<HostedRepository> {
    return Promise.resolve(this.#remember(name));
  }

  async names(): Promise<readonly string[]> {
    const names: string[] = [];
    for (const entry of await listDirectory(this.#root)) {
      const name = entry.name.replaceAll("+", "/");
      if (isRepositoryPath(name) && hasLayout(this.#locate(name))) names.push(name);
    }
    return names.sort();
  }

  async tidy(): Promise<void> {
    await removeAbandonedUploads(`${this.#root}/${UPLOADS}`);
    for (const name of await this.names()) await removeStalePartials(this.#locate(name));
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

  constructor(name: string, path: string, uploads: string) {
    this.name = name;
    this.#path = path;
    this.#index = new IndexFile(path, { durable: true });
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

  #read(): Promise<Roots> {
    return hasLayout(this.#path) ? this.#index.read() : Promise.resolve(Roots.empty());
  }

  /** Asked anew each time: somebody may have removed the directory to make room. */
  async #prepare(): Promise<void> {
    if (hasLayout(this.#path)) return;
    await prepareLayout(this.#path);
    await syncDirectory(this.#path);
    await syncDirectory(parentOf(this.#path));
  }
}

/** Makes the directory, and learns now rather than at the first push that nothing can be kept there. */
async function makeRoot(root: string): Promise<void> {
  const refuse = (advice: string) => (cause: Error) => {
    const reason = `Cannot keep a registry in "${root}": ${systemReason(cause)}${advice}`;
    throw new FileError(reason, root, { cause });
  };
  await Deno.mkdir(root, { recursive: true }).catch(refuse(""));
  await Deno.makeTempFile({ dir: root, prefix: ".davit-" }).then(Deno.remove)
    .catch(refuse("; to take no pushes and serve what is there, serve it read-only (--read-only)"));
}

async function tryToRead(root: string): Promise<void> {
  try {
    for await (const _ of Deno.readDir(root)) return;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) throw new NotFoundError("directory", root);
    throw fileFailure("list", root, cause);
  }
}

function hasLayout(path: string): boolean {
  return exists(`${path}/oci-layout`);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    const { NotADirectory, NotFound } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return false;
    throw error;
  }
}

function fileName(repository: string): string {
  return repository.replaceAll("/", "+");
}
