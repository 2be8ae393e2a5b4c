import type { Command } from "@stricli/core";
import type { Context } from "./context.ts";
import { originalError } from "./original_error.ts";

/**
 * Makes a command end as a good citizen of a shell: quietly, when whoever read its output has seen
 * enough; with the interruption for its failure, when it was interrupted.
 */
export function guardCommand(command: Command<Context>): Command<Context> {
  return {
    ...command,
    async loader() {
      const loaded = await command.loader();
      const run = typeof loaded === "function" ? loaded : loaded.default;
      return async function (this: Context, ...words) {
        try {
          return await run.apply(this, words);
        } catch (thrown) {
          const error = this.signal.aborted ? this.signal.reason : originalError(thrown);
          if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
        }
      };
    },
  };
}
