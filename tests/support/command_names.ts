import { type CommandGroup, COMMANDS } from "../../scripts/commands/table.ts";

/** The words of every command: `["registry", "serve"]`. */
export function commandNames(group: CommandGroup = COMMANDS): readonly (readonly string[])[] {
  return Object.entries(group.routes).flatMap(([name, entry]) =>
    "routes" in entry ? commandNames(entry).map((inner) => [name, ...inner]) : [[name]]
  );
}
