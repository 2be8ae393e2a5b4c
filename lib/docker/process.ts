import type { CallOptions } from "../layer/content_source.ts";
import { failureOf } from "./failure.ts";
import { readTail } from "./tail.ts";

/** A `docker` command that runs. */
export class DockerProcess implements AsyncDisposable {
  /** Its standard input. Close it, or the command may wait for ever. */
  readonly stdin: WritableStream<Uint8Array>;
  /** Its standard output. Read it, or the command may wait for ever. */
  readonly stdout: ReadableStream<Uint8Array>;
  readonly #child: Deno.ChildProcess;
  readonly #act: string;
  readonly #leadsGroup: boolean;
  readonly #complaint: Promise<string>;
  #ended = false;

  /**
   * Watches over a command that was started.
   *
   * @param child The command, all of its streams piped.
   * @param act What it is for, as an error names it.
   * @param leadsGroup Whether the programs that it starts are to be killed with it.
   */
  constructor(child: Deno.ChildProcess, act: string, leadsGroup = false) {
    this.#child = child;
    this.#act = act;
    this.#leadsGroup = leadsGroup;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.#complaint = readTail(child.stderr);
    child.status.then(() => this.#ended = true);
  }

  /** The end of what the command wrote to standard error, once it has ended. */
  get complaint(): Promise<string> {
    return this.#complaint;
  }

  /** Gives the command all that it is to read. It may end before it has read everything. */
  async feed(input: ReadableStream<Uint8Array> | undefined): Promise<void> {
    if (input === undefined) return await this.stdin.close();
    try {
      await input.pipeTo(this.stdin);
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  }

  /**
   * Waits for the end of the command; the signal kills it.
   *
   * @throws {DockerError} When it fails; the message quotes what it said.
   */
  async finished(options: CallOptions = {}): Promise<void> {
    const { signal } = options;
    const kill = () => this.#kill();
    if (signal?.aborted) kill();
    signal?.addEventListener("abort", kill);
    try {
      const { success, code } = await this.#child.status;
      signal?.throwIfAborted();
      if (!success) throw failureOf(this.#act, { code, complaint: await this.#complaint });
    } finally {
      signal?.removeEventListener("abort", kill);
    }
  }

  /** Kills the command if it still runs, and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await Promise.allSettled([
      this.stdin.abort(),
      this.stdout.cancel(),
      this.#complaint,
      this.#child.status,
    ]);
  }

  #kill(): void {
    if (this.#ended) return;
    this.#ended = true;
    try {
      if (this.#leadsGroup) Deno.kill(-this.#child.pid, "SIGTERM");
      else this.#child.kill();
    } catch (error) {
      const isGone = error instanceof TypeError || error instanceof Deno.errors.NotFound;
      if (!isGone) throw error; // that it has ended is told a moment later
    }
  }
}
