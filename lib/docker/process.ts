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
  readonly #complaint: Promise<string>;
  #ended = false;

  /**
   * Watches over a command that was started.
   *
   * @param child The command, all of its streams piped.
   * @param act What it is for, as an error names it.
   */
  constructor(child: Deno.ChildProcess, act: string) {
    this.#child = child;
    this.#act = act;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.#complaint = readTail(child.stderr);
    child.status.then(() => this.#ended = true);
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
    if (!this.#ended) this.#child.kill();
    this.#ended = true;
  }
}
