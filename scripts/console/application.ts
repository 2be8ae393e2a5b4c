import {
  type Application,
  type ApplicationText,
  buildApplication,
  buildCommand,
  buildRouteMap,
  type Command,
  help,
  type RouteMap,
  text_en,
  version,
} from "@stricli/core";
import { type CommandEntry, type CommandGroup, COMMANDS } from "../commands/table.ts";
import { VERSION } from "../version.ts";
import type { Context } from "./context.ts";
import { describeError } from "./describe_error.ts";
import { exitCodeOf, UsageError } from "./exit_code.ts";
import { commandHere } from "./foreign_words.ts";
import { guardCommand } from "./guard_command.ts";
import { formatCommandHelp, formatGroupHelp } from "./help.ts";
import { didYouMean, usageMessage } from "./usage_message.ts";

/** How unlike a word may be to what it is taken for. */
const DISTANCE = {
  threshold: 3,
  weights: { insertion: 1, deletion: 3, substitution: 2, transposition: 0 },
};

/** What the parser does to names; the help is written here, see `formatHelp`. */
const FORMATTING = {
  caseStyle: "convert-camel-to-kebab",
  disableAnsiColor: true,
  onlyRequiredInUsageLine: false,
  useAliasInUsageLine: false,
} as const;

/**
 * Builds the application with the one command loaded that the words name; of the others only the
 * names and briefs are known, which is all that help needs. So starting up stays cheap.
 */
export async function buildDavit(inputs: readonly string[]): Promise<Application<Context>> {
  return buildApplication(await buildGroup(COMMANDS, inputs), {
    name: "davit",
    scanner: {
      caseStyle: "allow-kebab-for-camel",
      allowArgumentEscapeSequence: true,
      distanceOptions: DISTANCE,
    },
    documentation: FORMATTING,
    localization: { text: buildText(inputs) },
    determineExitCode: exitCodeOf,
  }, {
    help: help({
      brief: text_en.briefs.help,
      defaultForRouteMap: true,
      formatting: FORMATTING,
    }),
    version: version({ brief: text_en.briefs.version, info: { currentVersion: VERSION } }),
  });
}

async function buildGroup(
  group: CommandGroup,
  inputs: readonly string[],
): Promise<RouteMap<Context>> {
  const [chosen, rest] = choose(group, inputs);
  const routes: Record<string, Command<Context> | RouteMap<Context>> = {};
  for (const [name, entry] of Object.entries(group.routes)) {
    if ("routes" in entry) routes[name] = await buildGroup(entry, name === chosen ? rest : []);
    else routes[name] = name === chosen ? await loadCommand(entry) : outline(entry);
  }
  const map = buildRouteMap({
    routes,
    docs: { brief: group.brief },
    ...(group.aliases === undefined ? {} : { aliases: group.aliases }),
  });
  return { ...map, formatHelp: ({ prefix }) => formatGroupHelp(prefix.join(" "), group) };
}

/** The route that the first word names, and the words behind it. */
function choose(
  { aliases = {} }: CommandGroup,
  [word = "", ...rest]: readonly string[],
): readonly [string, readonly string[]] {
  return [Object.hasOwn(aliases, word) ? aliases[word] ?? word : word, rest];
}

async function loadCommand(entry: CommandEntry): Promise<Command<Context>> {
  const command = guardCommand(await entry.load());
  return { ...command, formatHelp: ({ prefix }) => formatCommandHelp(prefix.join(" "), command) };
}

function outline(entry: CommandEntry): Command<Context> {
  return buildCommand({
    loader: () => Promise.reject(new TypeError("An outline of a command is never run")),
    parameters: {},
    docs: { brief: entry.brief },
  });
}

/** The words of the command that is meant: `davit registry serve`. */
function nameCommand(group: CommandGroup, inputs: readonly string[], name = "davit"): string {
  const [chosen, rest] = choose(group, inputs);
  const target = Object.hasOwn(group.routes, chosen) ? group.routes[chosen] : undefined;
  if (target === undefined) return name;
  const longer = `${name} ${chosen}`;
  return "routes" in target ? nameCommand(target, rest, longer) : longer;
}

function buildText(inputs: readonly string[]): ApplicationText {
  const options = {
    verbose: inputs.includes("--verbose") || inputs.includes("-v"),
    json: inputs.includes("--json"),
  };
  const command = nameCommand(COMMANDS, inputs);
  const describe = (error: unknown) => describeError(error, options);
  const describeUsage = (message: string) => describe(new UsageError(message));
  return {
    ...text_en,
    exceptionWhileParsingArguments: (error) => describeUsage(usageMessage(error, command)),
    exceptionWhileLoadingCommandFunction: describe,
    exceptionWhileRunningCommand: describe,
    exceptionWhileRunningIntegrationFlag: ({ exception }) => describe(exception),
    commandErrorResult: describe,
    noCommandRegisteredForInput: ({ input, corrections }) => {
      const help = `"${command} --help" lists the commands`;
      if (input.startsWith("-")) return describeUsage(`Cannot use ${input} here: ${help}`);
      const words = corrections.map((text) => text.replaceAll("`", '"'));
      const advice = commandHere(command, input) ?? didYouMean(words, help);
      return describeUsage(`Cannot find command "${input}": ${advice}`);
    },
  };
}
