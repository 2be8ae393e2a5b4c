import { assertEquals } from "@std/assert";
import { type ModuleImports, readModuleGraph } from "./module_graph.ts";

/** What costs more than all the rest of starting up, and is wanted by some commands only. */
const HEAVY = /^node:|^npm:\/?(yaml|zod)@|^lib\/[^/]+\/mod\.ts$/;

Deno.test("davit starts without node: built-ins, YAML, schemas and whole rooms", async () => {
  const graph = await readModuleGraph("scripts/davit.ts");
  const loaded = loadedAtOnce("scripts/davit.ts", graph);
  assertEquals([...loaded].filter((module) => HEAVY.test(module)), []);
});

function loadedAtOnce(entry: string, graph: readonly ModuleImports[]): Set<string> {
  const byName = new Map(graph.map((node) => [node.module, node.imports]));
  const loaded = new Set([entry]);
  for (const module of loaded) {
    for (const target of byName.get(module) ?? []) {
      if (!target.isDynamic) loaded.add(target.module);
    }
  }
  return loaded;
}
