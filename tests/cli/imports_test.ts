import { assertEquals } from "@std/assert";
import { COMMANDS } from "../../scripts/commands/table.ts";
import { runOk } from "../support/command.ts";

const ROOT = new URL("../../", import.meta.url);
const FILES = Object.entries(COMMANDS.routes).flatMap(([name, entry]) =>
  "routes" in entry ? Object.keys(entry.routes).map((inner) => `${name}_${inner}`) : [name]
);

/** What a command loads on first use only. */
const LATER =
  /^node:|^npm:\/?(bcryptjs|yaml|zod)@|\/lib\/([a-z0-9]+\/mod\.ts|(docker|layout|registry|server)\/)/;

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** Every module that runs before the command does; types are no modules. */
async function loadedBy(file: string): Promise<string[]> {
  const entry = new URL(`scripts/commands/${file}.ts`, ROOT).href;
  const { stdout } = await runOk(Deno.execPath(), ["info", "--json", entry]);
  const { modules }: Graph = JSON.parse(stdout);
  const byName = new Map(
    modules.map(({ specifier, dependencies = [] }) => [specifier, dependencies]),
  );
  const loaded = new Set([entry]);
  for (const module of loaded) {
    for (const { code, isDynamic = false } of byName.get(module) ?? []) {
      if (!isDynamic && code?.specifier !== undefined) loaded.add(code.specifier);
    }
  }
  return [...loaded];
}

for (const file of FILES) {
  Deno.test(`scripts/commands/${file}.ts loads only what it begins with`, async () => {
    const loaded = await loadedBy(file);
    assertEquals(loaded.filter((specifier) => LATER.test(specifier)), []);
  });
}
