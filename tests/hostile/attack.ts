import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { type DavitOptions, runDavit } from "../support/cli.ts";
import type { CommandResult } from "../support/command.ts";

/** What is left of a run that failed as it should. */
export interface Refusal {
  /** The exit code. */
  readonly code: number;
  /** The one line on stderr, without `davit: `. */
  readonly message: string;
}

/** Longer than this is a hang: everything here takes a fraction of it. */
const PATIENCE_MS = 20_000;

/** What no user should ever read. */
const MISHAPS: readonly RegExp[] = [
  /\n\s+at /,
  /\b(?:Type|Range|Reference|Internal)Error\b/,
  /\bundefined\b|\[object |\bNaN bytes/,
  /cannot read propert|is not (?:a function|iterable|defined)|invalid array length|call stack/i,
  /BadResource|os error/,
  // deno-lint-ignore no-control-regex
  /[\x00-\x09\x0b-\x1f\x7f-\x9f]/,
];

/**
 * Runs a command that must fail, and holds it to what every failure owes its user: it ends, it
 * writes no data, and stderr has one line that is neither a stack trace nor a JavaScript mishap.
 */
export async function refused(
  inputs: readonly string[],
  options: DavitOptions = {},
): Promise<Refusal> {
  const result = await runInTime(inputs, options);
  assertEquals(result.stdout, "", "a failure writes no data");
  return checkFailure(inputs, result);
}

/** Holds the result of a command that wrote data before it failed to the rest of that. */
export function checkFailure(
  inputs: readonly string[],
  { code, stderr }: CommandResult,
): Refusal {
  assertNotEquals(code, 0, `davit ${inputs.join(" ")} took it`);
  assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  assertMatch(stderr, /^davit: \S/);
  for (const mishap of MISHAPS) assert(!mishap.test(stderr), stderr);
  assert(stderr.length < 2000, stderr);
  return { code, message: stderr.trimEnd().slice("davit: ".length) };
}

/** Runs a command that must succeed, and gives what it printed. */
export async function taken(
  inputs: readonly string[],
  options: DavitOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await runInTime(inputs, options);
  assertEquals(code, 0, stderr);
  return stdout;
}

/** Runs a command that may not hang. */
export async function runInTime(
  inputs: readonly string[],
  options: DavitOptions = {},
): Promise<CommandResult> {
  const hang = new AbortController();
  const timer = setTimeout(() => hang.abort(new Error("it hangs")), PATIENCE_MS);
  try {
    return await runDavit(inputs, { signal: hang.signal, ...options });
  } finally {
    clearTimeout(timer);
    assert(!hang.signal.aborted, `davit ${inputs.join(" ")} hangs`);
  }
}

/** All that is below a directory, sorted. */
export async function listAll(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    found.push(name);
    if (!isDirectory) continue;
    found.push(...(await listAll(`${directory}/${name}`)).map((below) => `${name}/${below}`));
  }
  return found.sort();
}
