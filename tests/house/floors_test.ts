import { assert, assertEquals } from "@std/assert";
import { EXCEPTIONS, forbids, roomOf, THIRD_PARTY_ROOMS } from "../../scripts/dev/floors.ts";
import { readModuleGraph } from "./module_graph.ts";

Deno.test.each([{ entry: "mod.ts" }, { entry: "scripts/davit.ts" }])(
  "in the graph of $entry no room imports its own floor or a higher one",
  async ({ entry }) => {
    const wrong: string[] = [];
    for (const { module, imports } of await readModuleGraph(entry)) {
      const room = roomOf(`/${module}`);
      if (room === undefined) continue;
      for (const target of imports.map((imported) => imported.module)) {
        const reason = findFault(room, target);
        if (reason !== undefined) wrong.push(`${module} imports ${target}: ${reason}`);
      }
    }
    assertEquals(wrong, []);
  },
);

Deno.test("every exception to the floors is still needed", async () => {
  const graph = await readModuleGraph("mod.ts");
  for (const { from, to } of EXCEPTIONS) {
    const used = graph.some(({ module, imports }) =>
      roomOf(`/${module}`) === from && imports.some((target) => roomOf(`/${target.module}`) === to)
    );
    assert(used, `${from} no longer imports ${to}: take it out of scripts/dev/floors.ts`);
  }
});

function findFault(room: string, target: string): string | undefined {
  if (target.startsWith("node:")) return undefined;
  if (/^[a-z]+:/.test(target)) {
    return THIRD_PARTY_ROOMS.includes(room) ? undefined : "this room uses no packages";
  }
  const other = roomOf(`/${target}`);
  return other === undefined ? "it is outside of lib/" : forbids(room, other);
}
