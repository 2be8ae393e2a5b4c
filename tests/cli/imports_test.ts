import { assert, assertEquals } from "@std/assert";
import { commandNames } from "../support/command_names.ts";
import { runOk } from "../support/command.ts";

const ROOT = new URL("../../", import.meta.url);
const FILES = commandNames().map((words) => words.join("_"));

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

/** What every module that the table of commands leads to imports itself; types are no modules. */
async function readImports(): Promise<Map<string, readonly string[]>> {
  const table = new URL("scripts/commands/table.ts", ROOT).href;
  const { stdout } = await runOk(Deno.execPath(), ["info", "--json", table]);
  const { modules }: Graph = JSON.parse(stdout);
  return new Map(modules.map(({ specifier, dependencies = [] }) => [
    specifier,
    dependencies.flatMap(({ code, isDynamic = false }) =>
      isDynamic || code?.specifier === undefined ? [] : [code.specifier]
    ),
  ]));
}

Deno.test("each command loads only what it begins with", async (t) => {
  const imports = await readImports();
  for (const file of FILES) {
    await t.step(`scripts/commands/${file}.ts`, () => {
      const entry = new URL(`scripts/commands/${file}.ts`, ROOT).href;
      assert(imports.has(entry), `${entry} is not in the table of commands`);
      const loaded = new Set([entry]);
      for (const module of loaded) {
        for (const specifier of imports.get(module) ?? []) loaded.add(specifier);
      }
      assertEquals([...loaded].filter((specifier) => LATER.test(specifier)), []);
    });
  }
});
