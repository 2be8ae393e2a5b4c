import { davit } from "../../scripts/davit.ts";
import type { Context } from "../../scripts/console/context.ts";
import { type CommandResult, run, type RunOptions, toBytes } from "./command.ts";

/** What surrounds a run of davit in this process. */
export interface DavitOptions {
  /** What is piped in; nothing unless said. */
  readonly stdin?: string | Uint8Array | ReadableStream<Uint8Array>;
  /** The whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Whether a person is watching. */
  readonly isTerminal?: boolean;
  /** Whether a person is typing. */
  readonly isInteractive?: boolean;
}

/** Runs the command in this process, cut off from its streams, environment and credentials. */
export async function runDavit(
  inputs: readonly string[],
  options: DavitOptions = {},
): Promise<CommandResult> {
  const {
    stdin = "",
    env = {},
    signal = new AbortController().signal,
    isTerminal = false,
    isInteractive = false,
  } = options;
  const stdout: Uint8Array[] = [];
  const stderr: string[] = [];
  const context: Context = {
    process: {
      stdout: { write: (text) => void stdout.push(toBytes(text)) },
      stderr: { write: (text) => void stderr.push(text) },
      env: {},
    },
    env: (name) => env[name],
    signal,
    stdin: stdin instanceof ReadableStream ? stdin : ReadableStream.from([toBytes(stdin)]),
    stdout: new WritableStream({ write: (chunk) => void stdout.push(chunk.slice()) }),
    isTerminal,
    isInteractive,
  };
  const code = await davit(inputs, context);
  const bytes = await new Response(ReadableStream.from(stdout)).bytes();
  return { code, stdout: new TextDecoder().decode(bytes), stderr: stderr.join(""), bytes };
}

/** Runs the command in this process and fails with what it said unless it exits 0. */
export async function runDavitOk(
  inputs: readonly string[],
  options: DavitOptions = {},
): Promise<CommandResult> {
  const result = await runDavit(inputs, options);
  if (result.code !== 0) throw new Error(`davit ${inputs.join(" ")}: ${result.stderr.trim()}`);
  return result;
}

/** The words that start davit as a process of its own, for `Deno.execPath()`. */
export const DAVIT: readonly string[] = [
  "run",
  "-A",
  new URL("../../scripts/davit.ts", import.meta.url).pathname,
];

/** Runs the command as a process of its own. */
export function spawnDavit(
  inputs: readonly string[],
  options: RunOptions = {},
): Promise<CommandResult> {
  return run(Deno.execPath(), [...DAVIT, ...inputs], options);
}
