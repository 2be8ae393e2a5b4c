import { askTerminal } from "./ask.ts";
import type { Context } from "./context.ts";
import { describeError } from "./describe_error.ts";
import { FileError } from "../../lib/errors.ts";
import { systemReason } from "../../lib/layer/file_failure.ts";
import { explained } from "../../lib/stream/explained.ts";
import { EXIT, InterruptedError } from "./exit_code.ts";

/**
 * Runs a program in this process, connected to its streams, environment and signals, and ends the
 * process with its exit code: at once, for a read from a terminal cannot be called back.
 *
 * The first Ctrl-C ends the work and waits until it has cleaned up; the second waits for nothing.
 */
export async function runProcess(
  program: (inputs: readonly string[], context: Context) => Promise<number>,
): Promise<never> {
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      if (interruption.signal.aborted) Deno.exit(EXIT.interrupted);
      interruption.abort(new InterruptedError(signal));
    });
  }
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
  try {
    return Deno.exit(await program(Deno.args, processContext(interruption)));
  } catch (error) {
    return fail(error);
  }
}

function processContext(interruption: AbortController): Context {
  return {
    process: {
      stdout: { write: (text) => writeText(Deno.stdout, text, (gone) => interruption.abort(gone)) },
      stderr: { write: writeMessage },
      env: {},
    },
    env: (name) => Deno.env.get(name),
    signal: interruption.signal,
    get stdin() {
      return Deno.stdin.readable;
    },
    get stdout() {
      return explained(Deno.stdout.writable, outputFailure);
    },
    ...Deno.stdin.isTerminal() && {
      ask: (question, isSecret) => askTerminal(question, { isSecret, signal: interruption.signal }),
    },
    isInteractive: Deno.stdin.isTerminal() && Deno.stdout.isTerminal(),
    isTerminal: Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb",
  };
}

/** When messages cannot be written, there is nobody to tell. */
function writeMessage(text: string): void {
  try {
    writeText(Deno.stderr, text, () => {});
  } catch {
    // The exit code says the rest.
  }
}

function writeText(
  stream: { writeSync(bytes: Uint8Array): number },
  text: string,
  onReaderGone: (error: Error) => void,
): void {
  try {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw outputFailure(error);
    onReaderGone(error);
  }
}

/** A full disk behind standard output; that nobody reads it any more is told by its own error. */
function outputFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Deno.errors.BrokenPipe) return error;
  return new FileError(`Cannot write to standard output: ${systemReason(error)}`, "-", {
    cause: error,
  });
}

function fail(error: unknown): never {
  writeMessage(`${describeError(error, { verbose: false, json: false })}\n`);
  Deno.exit(EXIT.failed);
}
