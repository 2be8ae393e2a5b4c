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
import { normalizeArguments } from "./console/arguments.ts";
import { COMPLETE, complete } from "./console/complete.ts";
import { provideRequire } from "./console/bundled_require.ts";
import type { Context } from "./console/context.ts";
import { exitCodeOfParser } from "./console/exit_code.ts";
import { runProcess } from "./console/run_process.ts";

export type { Context, Terminal, TextStream } from "./console/context.ts";

/**
 * Runs one command line and returns its exit code: 0 done, 1 failed, 2 usage, 3 not found,
 * 4 already exists, 5 different, 130 interrupted.
 *
 * @param inputs The words after `davit`.
 * @param context Where text goes and where input comes from.
 */
export async function davit(inputs: readonly string[], context: Context): Promise<number> {
  if (inputs[0] === COMPLETE) return await complete(inputs.slice(1), context);
  const normalized = normalizeArguments(inputs);
  await run(await buildDavit(normalized), normalized, context);
  return exitCodeOfParser(context.process.exitCode);
}

if (import.meta.main) {
  provideRequire();
  await runProcess(davit);
}
