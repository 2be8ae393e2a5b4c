import { proposeCompletions } from "@stricli/core";
import { buildDavit } from "./application.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit_code.ts";

/** The hidden word by which a shell's script asks for completions. */
export const COMPLETE = "__complete";

/** Prints what the last word may become: a word, a tab and what it is for, a line each. */
export async function complete(inputs: readonly string[], context: Context): Promise<number> {
  const proposals = await proposeCompletions(await buildDavit(inputs), inputs, context);
  for (const { completion, brief } of proposals) {
    context.process.stdout.write(`${completion}\t${brief}\n`);
  }
  return EXIT.done;
}
