import { assertEquals } from "@std/assert";
import plugin from "../../scripts/dev/lint_plugin.ts";

Deno.test.each([
  { source: "export const f = () => 1;", found: ["davit/function-declaration"] },
  { source: "const f = (x: number) => x;", found: ["davit/function-declaration"] },
  { source: "export const f: () => number = () => 1;", found: [] },
  { source: "function f() { const g = () => 1; return g; }", found: [] },
  { source: 'throw new TarError("Broken header", 0);', found: ["davit/cannot-message"] },
  { source: "throw new TarError(`Broken header ${x}`, 0);", found: ["davit/cannot-message"] },
  { source: 'throw new TarError("Cannot read header: it is broken", 0);', found: [] },
  { source: 'throw new TarError("Cannot read " + name, 0);', found: [] },
  { source: "throw new TarError(message, 0);", found: [] },
  { source: 'throw new NotFoundError("tag", name);', found: [] },
  { source: 'import { a } from "../errors.ts";', found: [] },
  { source: 'import { a } from "./pax.ts";', found: [] },
  { source: 'import { a } from "../layer/layer.ts";', found: ["davit/room-floor"] },
  { source: 'import { a } from "../stream/hash.ts";', found: ["davit/room-floor"] },
  { source: 'export * from "../registry/mod.ts";', found: ["davit/room-floor"] },
  { source: 'import { a } from "../../scripts/davit.ts";', found: ["davit/room-floor"] },
  { source: 'const a = await import("../../tests/a.ts");', found: ["davit/room-floor"] },
  { source: 'import { a } from "zod";', found: ["davit/room-floor"] },
  { source: 'const a = await import("node:zlib");', found: [] },
])("the house's lint says $found of $source", ({ source, found }) => {
  const diagnostics = Deno.lint.runPlugin(plugin, "/house/lib/tar/writer.ts", source);
  assertEquals(diagnostics.map((diagnostic) => diagnostic.id), [...found]);
});

Deno.test("the house's lint leaves the messages and imports of tests and scripts alone", () => {
  const source = 'import { a } from "zod"; throw new TarError("Broken", 0);';
  assertEquals(Deno.lint.runPlugin(plugin, "/house/tests/tar/writer_test.ts", source), []);
});

Deno.test("the house's lint lets compose use packages", () => {
  const source = 'const { z } = await import("zod");';
  assertEquals(Deno.lint.runPlugin(plugin, "/house/lib/compose/spec.ts", source), []);
});
