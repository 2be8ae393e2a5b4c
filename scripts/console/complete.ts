import { type InputCompletion, proposeCompletions } from "@stricli/core";
import { buildDavit } from "./application.ts";
import { normalizeArguments } from "./arguments.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit_code.ts";

/** The hidden word by which a shell's script asks for completions. */
export const COMPLETE = "__complete";

/** Prints what the last word may become: a word, a tab and what it is for, a line each. */
export async function complete(inputs: readonly string[], context: Context): Promise<number> {
  for (const { completion, brief } of await propose(inputs, context)) {
    context.process.stdout.write(`${completion}\t${brief}\n`);
  }
  return EXIT.done;
}

/** For words that make no sense so far, there is nothing to propose. */
async function propose(
  inputs: readonly string[],
  context: Context,
): Promise<readonly InputCompletion[]> {
  const words = normalizeArguments(inputs.slice(0, -1));
  const partial = inputs.at(-1) ?? "";
  try {
    const found = await proposeCompletions(await buildDavit(words), [...words, partial], context);
    return found.filter(({ completion }) => completion !== "--");
  } catch {
    return [];
  }
}
