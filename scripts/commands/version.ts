import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { Output, type OutputFlags } from "../console/output.ts";
import { VERSION } from "../version.ts";

/** `davit version` */
export const command: Command<Context> = buildCommand({
  docs: { brief: "Print the version" },
  parameters: {
    flags: {
      json: {
        kind: "boolean",
        brief: "Print it as JSON",
        optional: true,
        withNegated: false,
      },
    },
  },
  func(this: Context, flags: OutputFlags): void {
    using output = new Output(this, flags);
    output.result(VERSION, { version: VERSION });
  },
});
