/**
 * The davit command: container images from the command line.
 *
 * ```sh
 * deno run -A jsr:@davit/davit/cli append -f site -t registry.example/site:v1
 * ```
 *
 * @module
 */

import { run } from "@stricli/core";
import { buildDavit } from "./console/application.ts";
import { COMPLETE, complete } from "./console/complete.ts";
import { normalizeArguments } from "./console/arguments.ts";
import type { Context } from "./console/context.ts";
import { EXIT, exitCodeOfParser, InterruptedError } from "./console/exit_code.ts";

/**
 * Runs one command line and returns its exit code: 0 done, 1 failed, 2 usage, 3 not found,
 * 4 already exists, 130 interrupted.
 *
 * @param inputs The words after `davit`.
 * @param context Where text goes and where input comes from.
 */
export async function davit(inputs: readonly string[], context: Context): Promise<number> {
  if (inputs[0] === COMPLETE) return await complete(inputs.slice(1), context);
  const normalized = normalizeArguments(inputs);
  await run(await buildDavit(normalized), normalized, context);
  const code = exitCodeOfParser(context.process.exitCode);
  return code !== EXIT.done && context.signal.aborted ? EXIT.interrupted : code;
}

/** Connects a command to this process: its streams, environment and signals. */
function processContext(): Context & Disposable {
  const interruption = new AbortController();
  const interrupt = () => {
    if (interruption.signal.aborted) Deno.exit(EXIT.interrupted);
    interruption.abort(new InterruptedError("Ctrl-C"));
  };
  Deno.addSignalListener("SIGINT", interrupt);
  Deno.addSignalListener("SIGTERM", interrupt);
  return {
    process: {
      stdout: { write: (text) => writeText(Deno.stdout, text) },
      stderr: { write: (text) => writeText(Deno.stderr, text) },
      env: { STRICLI_NO_COLOR: "1" },
    },
    env: (name) => Deno.env.get(name),
    signal: interruption.signal,
    get stdin() {
      return Deno.stdin.readable;
    },
    get stdout() {
      return Deno.stdout.writable;
    },
    isTerminal: Deno.stderr.isTerminal(),
    [Symbol.dispose]() {
      Deno.removeSignalListener("SIGINT", interrupt);
      Deno.removeSignalListener("SIGTERM", interrupt);
    },
  };
}

function writeText(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}

if (import.meta.main) {
  using context = processContext();
  Deno.exitCode = await davit(Deno.args, context);
}
