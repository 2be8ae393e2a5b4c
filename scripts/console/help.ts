import type { Command } from "@stricli/core";
import type { CommandGroup } from "../commands/table.ts";
import type { Context } from "./context.ts";

type Parameters = Command<Context>["parameters"];
type Flag = NonNullable<Parameters["flags"]>[string];

/** Writes what a command is for, its arguments and its flags. */
export function formatCommandHelp(name: string, command: Command<Context>): string {
  const { brief, fullDescription = `${brief}.`, parameters } = command;
  return sections([
    formatUsage(name, parameters),
    fullDescription,
    table("ARGUMENTS", positionalsOf(parameters).map(({ word, brief }) => [word, brief])),
    table("FLAGS", [...flagRows(parameters), ["-h, --help", "Print this"]]),
  ]);
}

/** Writes what a group of commands is for, and its commands. */
export function formatGroupHelp(name: string, group: CommandGroup): string {
  const { brief, description = `${brief}.`, routes } = group;
  return sections([
    `${name} COMMAND [ARGUMENTS] [FLAGS]`,
    description,
    table("COMMANDS", Object.entries(routes).map(([route, { brief }]) => [route, brief])),
    `"${name} COMMAND --help" explains a command.`,
  ]);
}

/** Writes how a command is called: what it cannot do without, then what may be added. */
export function formatUsage(name: string, parameters: Parameters): string {
  const required = Object.entries(parameters.flags ?? {})
    .filter(([, flag]) => isRequired(flag))
    .map(([flagName, flag]) => `--${kebab(flagName)}${valueOf(flag)}`);
  const words = positionalsOf(parameters).map(({ word }) => word);
  return [name, ...required, ...words, "[FLAGS]"].join(" ");
}

function sections(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function table(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return "";
  const width = Math.max(...rows.map(([left]) => left.length));
  return [title, ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)].join("\n");
}

function positionalsOf(
  { positional }: Parameters,
): readonly { readonly word: string; readonly brief: string }[] {
  if (positional === undefined) return [];
  const parameters = positional.kind === "array" ? [positional.parameter] : positional.parameters;
  return parameters.map(({ placeholder = "WORD", brief, optional, default: fallback }) => {
    const word = optional === true || fallback !== undefined ? `[${placeholder}]` : placeholder;
    return { word, brief: fallback === undefined ? brief : `${brief} (${fallback} unless said)` };
  });
}

function flagRows(
  { flags = {}, aliases = {} }: Parameters,
): readonly (readonly [string, string])[] {
  return Object.entries(flags).map(([name, flag]) => {
    const [letter] = Object.entries(aliases).find(([, target]) => target === name) ?? [];
    const short = letter === undefined ? "    " : `-${letter}, `;
    return [`${short}--${kebab(name)}${valueOf(flag)}`, `${flag.brief}${noteOf(flag)}`];
  });
}

function valueOf(flag: Flag): string {
  if (flag.kind === "enum") return ` ${flag.values.join("|")}`;
  return flag.kind === "parsed" ? ` ${flag.placeholder ?? "VALUE"}` : "";
}

function noteOf(flag: Flag): string {
  const fallback = defaultOf(flag);
  if (isRequired(flag)) return " (required)";
  if (fallback !== undefined) return ` (${fallback} unless said)`;
  const { variadic } = flag.kind === "parsed" ? flag : {};
  if (variadic === true) return " (repeatable)";
  return typeof variadic === "string" ? ` (repeatable, or A${variadic}B)` : "";
}

function isRequired(flag: Flag): boolean {
  return flag.kind !== "boolean" && flag.optional !== true && defaultOf(flag) === undefined;
}

function defaultOf(flag: Flag): string | undefined {
  return "default" in flag && typeof flag.default === "string" ? flag.default : undefined;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
