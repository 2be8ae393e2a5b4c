import { createDockerArchive, openDockerArchive } from "../archive/docker_archive.ts";
import { writeRange } from "../archive/file_range.ts";
import { toRepoTag } from "../archive/repo_tag.ts";
import { TemporaryFile } from "../archive/temporary_file.ts";
import type { View } from "../image/image.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Content } from "../store/content.ts";
import type { Accepts, Destination, Source, WriteOptions } from "../store/store.ts";
import { DockerError, DocumentError, NotFoundError } from "../errors.ts";
import { DockerCli, type DockerCliOptions } from "./cli.ts";
import type { DockerProcess } from "./process.ts";

/** What an engine says of an image. */
export interface EngineImage {
  /** Its ID: the digest of its config, or of its manifest where containerd keeps Docker's images. */
  readonly id: Digest;
  /** Its names, as Docker writes them; none of an image that only its ID tells. */
  readonly names: readonly string[];
  /** Its layers, base first, by the digests of their tars. */
  readonly diffIds: readonly Digest[];
  /** Whether the engine keeps layers as files, and no blobs: its ID is then the digest of its config. */
  readonly isUnpacked: boolean;
}

/** How Docker keeps images itself, in the words of `docker info`; containerd's words are others. */
const OWN_STORES: ReadonlySet<string> = new Set(["overlay2", "vfs", "btrfs", "zfs", "aufs"]);

/** What may be an ID or the beginning of one; Docker looks for names first. */
const MAYBE_ID = /^(?:sha256:)?[0-9a-f]{6,64}$/;

/** A `docker load` that runs, and the archive that goes into it. */
interface Loading {
  readonly process: DockerProcess;
  readonly archive: Destination;
  readonly output: Promise<string>;
}

/**
 * A Docker engine, through the `docker` command: `docker save` to read an image, `docker load` to
 * write some. What is written streams into the engine while it comes.
 *
 * @example
 * ```ts
 * import { DockerDaemon } from "@davit/davit/docker";
 *
 * await using daemon = new DockerDaemon();
 * if (await daemon.ping()) {
 *   for await (const name of daemon.names()) console.assert(name.includes(":"));
 * }
 * ```
 */
export class DockerDaemon implements Source, Destination {
  /** How messages name the engine. */
  readonly label = "docker-daemon";
  /** One image at a time, preferably plain: to compress for the way to an engine is waste. */
  readonly accepts: Accepts = {
    index: false,
    compressions: ["none", "gzip"],
    prefers: "none",
    nondistributable: true,
  };
  readonly #cli: DockerCli;
  readonly #opened = new AsyncDisposableStack();
  #loading: Promise<Loading> | undefined;
  #loaded: readonly string[] = [];

  /**
   * Asks for nothing yet.
   *
   * @param options How the `docker` command is run.
   */
  constructor(options: DockerCliOptions = {}) {
    this.#cli = new DockerCli(options);
  }

  /** What the engine said it loaded: names with a tag, and `sha256:…` of images without one. */
  get loaded(): readonly string[] {
    return this.#loaded;
  }

  /**
   * Asks the engine for its version: `20.10.24`.
   *
   * @throws {DockerError} When no engine answers.
   */
  async version(options: CallOptions = {}): Promise<string> {
    const args = ["version", "--format", "{{.Server.Version}}"];
    return (await this.#cli.run(args, { ...options, act: "reach a Docker engine" })).trim();
  }

  /** Says whether an engine answers. */
  async ping(options: CallOptions = {}): Promise<boolean> {
    try {
      await this.version(options);
      return true;
    } catch (error) {
      if (error instanceof DockerError) return false;
      throw error;
    }
  }

  /**
   * Opens an image of the engine by name or ID. It is saved into a temporary file, which goes when
   * the daemon is disposed of.
   *
   * @throws {NotFoundError} When the engine has no such image.
   * @throws {DocumentError} When no name is given.
   * @throws {DockerError} When Docker fails.
   */
  async open(name?: string, options: CallOptions = {}): Promise<View> {
    if (name === undefined) {
      throw new DocumentError(`Cannot open an image of ${this.label}: expected a name, got none`);
    }
    const image = /^(?:sha256:)?[0-9a-f]{64}$/.test(name) ? name : toRepoTag(name) ?? name;
    const file = this.#opened.use(await TemporaryFile.anywhere());
    await this.#save(image, file, options);
    const archive = this.#opened.use(await openDockerArchive(file.path, options));
    return await archive.open();
  }

  /**
   * Opens an image of the engine without layers that nobody will read. They are not kept, and what is
   * sent after the last that is wanted is not waited for. Where the engine keeps blobs, nothing is left
   * out.
   *
   * @param isLeftOut Says which of its layers to leave out, by their diff IDs.
   * @throws {NotFoundError} When the engine does not have it any more.
   * @throws {DockerError} When Docker fails.
   */
  async openPart(
    image: EngineImage,
    isLeftOut: (diffId: Digest) => boolean,
    options: CallOptions = {},
  ): Promise<View> {
    const { id, diffIds, isUnpacked } = image;
    if (!isUnpacked || !diffIds.some(isLeftOut)) return await this.open(id, options);
    const file = this.#opened.use(await TemporaryFile.anywhere());
    const { readPartOfSave } = await import("./part_of_save.ts");
    await using process = this.#cli.spawn(["save", id], { act: `save "${id}" from Docker` });
    await process.stdin.close();
    const reading = readPartOfSave(process.stdout, { id, diffIds, isLeftOut }, file.path, options);
    const part = await reading.catch(async (error) => {
      await process.finished(options).catch((cause) => {
        throw this.#explainMissing(id, cause);
      });
      throw error;
    });
    return part ?? await this.open(id, options);
  }

  /**
   * Asks what the engine knows of an image, without its bytes.
   *
   * @param name A name, or an ID or the beginning of one.
   * @throws {NotFoundError} When the engine has no such image.
   * @throws {DockerError} When Docker fails.
   */
  async inspect(name: string, options: CallOptions = {}): Promise<EngineImage> {
    const image = MAYBE_ID.test(name) ? name : toRepoTag(name) ?? name;
    const args = ["image", "inspect", "--format", "{{json .}}", image];
    const act = `inspect "${name}" in Docker`;
    const output = await this.#cli.run(args, { ...options, act })
      .catch((error) => Promise.reject(this.#explainMissing(name, error)));
    const { Id: id, RepoTags: names, RootFS, GraphDriver } = JSON.parse(output);
    return {
      id,
      names: (names ?? []).filter((name: string) => !name.includes("<none>")),
      diffIds: RootFS?.Layers ?? [],
      isUnpacked: OWN_STORES.has(GraphDriver?.Name),
    };
  }

  /** The names of all images of the engine. */
  async *names(options: CallOptions = {}): AsyncGenerator<string> {
    const args = ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"];
    const output = await this.#cli.run(args, { ...options, act: "list the images of Docker" });
    yield* output.split("\n").filter((name) => name !== "" && !name.includes("<none>"));
  }

  /** Says whether the content was written already; what the engine has, it does not tell. */
  async has(descriptor: Descriptor): Promise<boolean> {
    const loading = await this.#loading;
    return await loading?.archive.has(descriptor) ?? false;
  }

  /**
   * Writes content into `docker load`, which starts with the first.
   *
   * @throws {DockerError} When Docker fails on the way.
   */
  async write(content: Content, options: WriteOptions = {}): Promise<Descriptor> {
    const loading = await (this.#loading ??= this.#load());
    return await explained(loading, loading.archive.write(content, options), options);
  }

  /**
   * Ends the archive and waits for Docker to have loaded it.
   *
   * @throws {DockerError} When Docker does not take it; the message quotes what it said.
   */
  async commit(options: CallOptions = {}): Promise<void> {
    const loading = await this.#loading;
    if (loading === undefined) return;
    await loading.archive.commit(options).catch((error) => {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    });
    await loading.process.finished(options);
    this.#loaded = [...this.#loaded, ...parseLoaded(await loading.output)];
    this.#loading = undefined;
  }

  /** Ends a load that was not committed, and removes what was saved. */
  async [Symbol.asyncDispose](): Promise<void> {
    const loading = await this.#loading?.catch(() => undefined);
    await loading?.process[Symbol.asyncDispose]();
    await loading?.archive[Symbol.asyncDispose]();
    await this.#opened[Symbol.asyncDispose]();
  }

  async #load(): Promise<Loading> {
    const process = this.#cli.spawn(["load"], { act: "load images into Docker" });
    const output = new Response(process.stdout).text();
    return { process, output, archive: await createDockerArchive(process.stdin) };
  }

  async #save(image: string, file: TemporaryFile, options: CallOptions): Promise<void> {
    await using process = this.#cli.spawn(["save", image], { act: `save "${image}" from Docker` });
    await process.stdin.close();
    try {
      const writing = writeRange(file.path, 0, () => Promise.resolve(process.stdout), options);
      await Promise.all([writing, process.finished(options)]);
    } catch (cause) {
      throw this.#explainMissing(image, cause);
    }
  }

  #explainMissing(image: string, cause: unknown): unknown {
    const isMissing = cause instanceof DockerError &&
      /no such image|does not exist|not found|not known/i.test(cause.message);
    return isMissing ? new NotFoundError("image", image, this.label, { cause }) : cause;
  }
}

/** When Docker hangs up in the middle, what it said tells more than the broken pipe. */
async function explained<T>(
  { process }: Loading,
  writing: Promise<T>,
  options: CallOptions,
): Promise<T> {
  try {
    return await writing;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) await process.finished(options);
    throw error;
  }
}

/** The images that `docker load` names in what it prints. */
function parseLoaded(output: string): string[] {
  return [...output.matchAll(/^Loaded image(?: ID|\(s\))?: (.+)$/gm)].map(([, name = ""]) => name);
}
