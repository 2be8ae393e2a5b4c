import type { CallOptions } from "../layer/content_source.ts";
import { DockerError } from "../errors.ts";
import { DockerProcess } from "./process.ts";

/** How the `docker` command is run. */
export interface DockerCliOptions {
  /** The command; `docker` unless said. Podman's takes the same words. */
  readonly executable?: string;
  /** The context, as `docker context ls` names it; the current one unless said. */
  readonly context?: string;
  /** Added to the environment of the command: `DOCKER_HOST`, `DOCKER_CONFIG`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps Ctrl-C from the command, so that what it has begun comes to its end. */
  readonly detached?: boolean;
}

/** Options of {@linkcode DockerCli.spawn}. */
export interface DockerSpawnOptions {
  /** What the command is for, as an error names it: `load images into Docker`. */
  readonly act: string;
  /** Lets Ctrl-C reach a command that only watches, even where it is kept from the others. */
  readonly attached?: boolean;
}

/** Options of {@linkcode DockerCli.run}. */
export interface DockerRunOptions extends DockerSpawnOptions, CallOptions {
  /** What the command reads; nothing unless said. */
  readonly stdin?: ReadableStream<Uint8Array>;
}

/** The `docker` command, through which everything that an engine does is asked for. */
export class DockerCli {
  readonly #executable: string;
  readonly #context: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #detached: boolean;

  /**
   * Runs nothing yet.
   *
   * @param options How the command is run.
   */
  constructor(options: DockerCliOptions = {}) {
    const { executable = "docker", context, env = {}, detached = false } = options;
    this.#executable = executable;
    this.#context = context === undefined ? [] : ["--context", context];
    this.#env = env;
    this.#detached = detached;
  }

  /**
   * Runs a command to its end.
   *
   * @param args Its words. They can be seen by everybody on the machine: no secrets.
   * @returns What it printed.
   * @throws {DockerError} When it cannot be started, or fails.
   */
  async run(args: readonly string[], options: DockerRunOptions): Promise<string> {
    await using process = this.spawn(args, options);
    const output = new Response(process.stdout).text();
    await Promise.all([process.feed(options.stdin), process.finished(options)]);
    return await output;
  }

  /**
   * Asks for several things, of which some may be missing: Docker then tells of the others, and
   * fails.
   *
   * @param args Its words. They can be seen by everybody on the machine: no secrets.
   * @returns What it printed of those that are there.
   * @throws {DockerError} When it cannot be started, or fails for another reason.
   */
  async runForSome(args: readonly string[], options: DockerRunOptions): Promise<string> {
    await using process = this.spawn(args, options);
    const output = new Response(process.stdout).text();
    try {
      await Promise.all([process.feed(undefined), process.finished(options)]);
    } catch (error) {
      const isMissing = error instanceof DockerError && /no such|not found/i.test(error.message);
      if (!isMissing) throw error;
    }
    return await output;
  }

  /**
   * Runs a command to its end for what it prints on both of its outputs: those of a container's log.
   *
   * @param args Its words.
   * @throws {DockerError} When it cannot be started, or fails.
   */
  async runAll(args: readonly string[], options: DockerRunOptions): Promise<string> {
    await using process = this.spawn(args, options);
    const output = new Response(process.stdout).text();
    await Promise.all([process.feed(options.stdin), process.finished(options)]);
    return await output + await process.complaint;
  }

  /**
   * Starts a command. Disposing of it before its end kills it.
   *
   * @param args Its words. They can be seen by everybody on the machine: no secrets.
   * @throws {DockerError} When it cannot be started.
   */
  spawn(args: readonly string[], options: DockerSpawnOptions): DockerProcess {
    const { act, attached = false } = options;
    const detached = this.#detached && !attached;
    const command = new Deno.Command(this.#executable, {
      args: [...this.#context, ...args],
      env: { ...this.#env },
      detached,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
    try {
      return new DockerProcess(command.spawn(), act, detached);
    } catch (cause) {
      const why = cause instanceof Deno.errors.NotFound ? "none" : String(cause);
      throw new DockerError(
        `Cannot ${act}: expected the command "${this.#executable}" in PATH, got ${why}; install ` +
          `Docker's command line, or do without Docker: davit writes archives and registries too`,
        { cause },
      );
    }
  }
}
