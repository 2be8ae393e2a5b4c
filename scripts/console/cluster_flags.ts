import type { FlagParametersForType } from "@stricli/core";
import { parseDuration } from "../../lib/k3s/duration.ts";
import type { WaitLevel } from "../../lib/k3s/spec.ts";
import type { Context } from "./context.ts";
import type { OutputFlags } from "./output.ts";

/** What to wait for; `false` for nothing. */
export type WaitChoice = WaitLevel | false;

/** How a command about clusters speaks. */
export interface ClusterOutputFlags extends OutputFlags {
  /** Errors name their causes. */
  readonly verbose?: boolean;
}

/** {@linkcode ClusterOutputFlags}, for a command's parameters. */
export const OUTPUT_FLAGS: FlagParametersForType<ClusterOutputFlags, Context> = {
  json: {
    kind: "boolean",
    brief: "Print results as JSON lines",
    optional: true,
    withNegated: false,
  },
  verbose: {
    kind: "boolean",
    brief: "Name the causes of a failure",
    optional: true,
    withNegated: false,
  },
};

/** The flags of commands that wait for a cluster. */
export interface WaitFlags {
  /** What to wait for. */
  readonly wait?: WaitChoice;
  /** How long, in milliseconds. */
  readonly timeout?: number;
}

/** {@linkcode WaitFlags}, for a command's parameters. */
export const WAIT_FLAGS: FlagParametersForType<WaitFlags, Context> = {
  wait: {
    kind: "parsed",
    brief: "What ready means: api, nodes, system; or false (nodes unless said)",
    placeholder: "LEVEL",
    parse: parseWait,
    optional: true,
  },
  timeout: {
    kind: "parsed",
    brief: "How long to wait, such as 90s (5m unless said)",
    placeholder: "TIME",
    parse: parseDuration,
    optional: true,
  },
};

/** k3d's words, and the levels. */
function parseWait(text: string): WaitChoice {
  if (text === "" || text === "true") return "nodes";
  if (text === "false") return false;
  if (text === "api" || text === "nodes" || text === "system") return text;
  throw new SyntaxError(`Cannot wait for "${text}": expected api, nodes, system, true or false`);
}
