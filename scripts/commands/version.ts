import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { VERSION } from "../version.ts";

/** `davit version` */
export const command: Command<Context> = buildCommand({
  docs: { brief: "Print the version" },
  parameters: {},
  func(this: Context): void {
    this.process.stdout.write(`${VERSION}\n`);
  },
});
