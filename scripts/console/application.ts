import {
  type Application,
  type ApplicationText,
  buildApplication,
  buildCommand,
  buildRouteMap,
  type Command,
  type RouteMap,
  text_en,
} from "@stricli/core";
import { type CommandEntry, type CommandGroup, COMMANDS } from "../commands/table.ts";
import { VERSION } from "../version.ts";
import type { Context } from "./context.ts";
import { describeError } from "./describe_error.ts";
import { exitCodeOf } from "./exit_code.ts";

/**
 * Builds the application with the one command loaded that the words name; of the others only the
 * names and briefs are known, which is all that help needs. So starting up stays cheap.
 */
export async function buildDavit(inputs: readonly string[]): Promise<Application<Context>> {
  const verbose = inputs.includes("--verbose") || inputs.includes("-v");
  const json = inputs.includes("--json");
  return buildApplication(await buildGroup(COMMANDS, inputs), {
    name: "davit",
    versionInfo: { currentVersion: VERSION },
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: {
      caseStyle: "convert-camel-to-kebab",
      onlyRequiredInUsageLine: true,
      disableAnsiColor: true,
    },
    localization: { text: buildText({ verbose, json }) },
    determineExitCode: exitCodeOf,
  });
}

async function buildGroup(
  group: CommandGroup,
  inputs: readonly string[],
): Promise<RouteMap<Context>> {
  const [word, ...rest] = inputs;
  const chosen = word === undefined ? undefined : group.aliases?.[word] ?? word;
  const routes: Record<string, Command<Context> | RouteMap<Context>> = {};
  for (const [name, entry] of Object.entries(group.routes)) {
    if ("routes" in entry) routes[name] = await buildGroup(entry, name === chosen ? rest : []);
    else routes[name] = name === chosen ? await entry.load() : outline(entry);
  }
  return buildRouteMap({
    routes,
    docs: {
      brief: group.brief,
      ...(group.description === undefined ? {} : { fullDescription: group.description }),
    },
    ...(group.aliases === undefined ? {} : { aliases: group.aliases }),
  });
}

function outline(entry: CommandEntry): Command<Context> {
  return buildCommand({
    loader: () => Promise.reject(new TypeError("An outline of a command is never run")),
    parameters: {},
    docs: { brief: entry.brief },
  });
}

function buildText(
  options: { readonly verbose: boolean; readonly json: boolean },
): ApplicationText {
  const describe = (error: unknown) => describeError(error, options);
  return {
    ...text_en,
    exceptionWhileParsingArguments: (error) =>
      `davit: ${error instanceof Error ? error.message : String(error)}`,
    exceptionWhileLoadingCommandFunction: describe,
    exceptionWhileRunningCommand: describe,
    commandErrorResult: describe,
    noCommandRegisteredForInput: ({ input, corrections }) => {
      const hint = corrections.length === 0
        ? `"davit --help" lists the commands`
        : `did you mean ${corrections.map((text) => `"${text}"`).join(" or ")}?`;
      return `davit: Cannot find command "${input}": ${hint}`;
    },
  };
}
