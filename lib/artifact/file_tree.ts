import { FileError } from "../errors.ts";
import { fileFailure } from "../layer/file_failure.ts";

/**
 * Files on their way into a directory: they gather in a directory of their own beside what is there,
 * and take their places when all are whole. What is left is removed when the scope ends.
 */
export class FileTree implements AsyncDisposable {
  readonly #root: string;
  readonly #staging: string;

  private constructor(root: string, staging: string) {
    this.#root = root;
    this.#staging = staging;
  }

  /** Makes the directory if need be. @param root Where the files go in the end. */
  static async create(root: string): Promise<FileTree> {
    try {
      await Deno.mkdir(root, { recursive: true });
      return new FileTree(root, await Deno.makeTempDir({ dir: root, prefix: ".davit-" }));
    } catch (cause) {
      throw fileFailure("write", root, cause);
    }
  }

  /** Makes a directory and those above it. @param path Relative, as titles are. */
  async addDirectory(path: string): Promise<void> {
    await makeDirectories(this.#staging, path.split("/"));
  }

  /** Writes a file, and makes the directories above it. */
  async addFile(
    path: string,
    content: ReadableStream<Uint8Array>,
    { mode, signal }: { readonly mode?: number; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    try {
      const target = await this.#claim(path);
      const file = await Deno.open(target, { write: true, createNew: true, mode: 0o666 });
      await content.pipeTo(file.writable, signal === undefined ? {} : { signal });
      if (mode !== undefined) await Deno.chmod(target, mode & 0o777);
    } catch (cause) {
      if (!content.locked) await content.cancel(cause).catch(() => {});
      throw this.#explain(path, cause);
    }
  }

  /** Makes a symlink. Whoever calls this has seen where it leads. */
  async addSymlink(path: string, target: string): Promise<void> {
    try {
      await Deno.symlink(target, await this.#claim(path));
    } catch (cause) {
      throw this.#explain(path, cause);
    }
  }

  /** Gives a file that was added a second name. */
  async addLink(path: string, existing: string): Promise<void> {
    try {
      await refuseLinks(this.#staging, existing.split("/"));
      await Deno.link(`${this.#staging}/${existing}`, await this.#claim(path));
    } catch (cause) {
      throw this.#explain(path, cause);
    }
  }

  /** Puts everything into its place: files replace files, directories join directories. */
  async publish(): Promise<void> {
    await this.#publishInside("");
  }

  /** Removes what was not published. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#staging, { recursive: true });
  }

  async #publishInside(directory: string): Promise<void> {
    for (const { name, isDirectory } of await listOf(`${this.#staging}/${directory}`)) {
      const path = directory === "" ? name : `${directory}/${name}`;
      if (isDirectory) {
        await makeDirectories(this.#root, path.split("/"));
        await this.#publishInside(path);
        continue;
      }
      try {
        await Deno.rename(`${this.#staging}/${path}`, `${this.#root}/${path}`);
      } catch (cause) {
        throw this.#explain(path, cause);
      }
    }
  }

  async #claim(path: string): Promise<string> {
    await makeDirectories(this.#staging, path.split("/").slice(0, -1));
    return `${this.#staging}/${path}`;
  }

  #explain(path: string, cause: unknown): unknown {
    if (cause instanceof Deno.errors.AlreadyExists) {
      return new FileError(
        `Cannot write "${path}": expected each name once, got it twice in the artifact`,
        path,
        { cause },
      );
    }
    const isOfSystem = cause instanceof Error && cause.name in Deno.errors;
    return isOfSystem ? fileFailure("write", `${this.#root}/${path}`, cause) : cause;
  }
}

async function listOf(directory: string): Promise<Deno.DirEntry[]> {
  return await Array.fromAsync(Deno.readDir(directory));
}

/** Makes directories one by one: none of them may be a link that leads elsewhere. */
async function makeDirectories(root: string, parts: readonly string[]): Promise<void> {
  let path = root;
  for (const part of parts) {
    path += `/${part}`;
    try {
      await Deno.mkdir(path);
    } catch (cause) {
      const info = cause instanceof Deno.errors.AlreadyExists ? await Deno.lstat(path) : undefined;
      if (info?.isDirectory) continue;
      const kind = info?.isSymlink ? "a link" : "a file";
      if (info === undefined) throw fileFailure("write", path, cause);
      throw new FileError(`Cannot write to "${path}": expected a directory, got ${kind}`, path);
    }
  }
}

async function refuseLinks(root: string, parts: readonly string[]): Promise<void> {
  let path = root;
  for (const part of parts) {
    path += `/${part}`;
    if ((await Deno.lstat(path)).isSymlink) {
      throw new FileError(`Cannot link to "${parts.join("/")}": expected a file, got a link`, path);
    }
  }
}
