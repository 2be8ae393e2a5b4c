import { assertEquals, assertMatch } from "@std/assert";
import { ROOT } from "./module_graph.ts";

const MAX_LINES = 400;

/** What a finished file does not contain. */
const UNFINISHED = /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck)|\bas any\b|not implemented/i;

/** File names that say nothing of what is inside. */
const DRAWERS = /^(utils?|helpers?|common|misc|manager|types)\.ts$/;

interface SourceFile {
  readonly path: string;
  readonly name: string;
  readonly text: string;
}

const files = [...await readSources("lib"), ...await readSources("scripts")];
const tests = await readSources("tests");

Deno.test(`no file is longer than ${MAX_LINES} lines`, () => {
  const long = [...files, ...tests].filter(({ text }) => text.split("\n").length - 1 > MAX_LINES);
  assertEquals(long.map(({ path }) => path), []);
});

Deno.test("half of the files have at most 120 lines", () => {
  const lengths = files.map(({ text }) => text.split("\n").length - 1).sort((a, b) => a - b);
  const median = lengths[Math.floor(lengths.length / 2)] ?? 0;
  assertEquals(median <= 120, true, `the median is ${median}`);
});

Deno.test("no file is left unfinished or forces its types", () => {
  const found = files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, at) => UNFINISHED.test(line) ? [`${path}:${at + 1}`] : [])
  );
  assertEquals(found, []);
});

Deno.test("a file is named by its idea, in snake_case", () => {
  const all = [...files, ...tests];
  assertEquals(all.filter(({ name }) => DRAWERS.test(name)).map(({ path }) => path), []);
  assertEquals(
    all.filter(({ name }) => !/^[a-z0-9_]+\.(d\.)?ts$/.test(name)).map(({ path }) => path),
    [],
  );
});

const rooms = files.filter(({ path }) => /^lib\/([^/]+\/mod|errors)\.ts$/.test(path));

Deno.test("every room has a mod.ts", async () => {
  const directories = (await Array.fromAsync(Deno.readDir(`${ROOT}lib`)))
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `lib/${name}/mod.ts`);
  const present = rooms.map(({ path }) => path);
  assertEquals(directories.filter((path) => !present.includes(path)), []);
});

Deno.test.each(rooms)("$path opens with a module doc that has an example", ({ text }) => {
  const [opening = ""] = text.split("*/");
  assertMatch(opening, /^\/\*\*/);
  assertMatch(opening, /@module/);
  assertMatch(opening, /```ts\n[^]*@davit\/davit/);
});

async function readSources(directory: string): Promise<SourceFile[]> {
  const sources: SourceFile[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}${directory}`)) {
    const path = `${directory}/${name}`;
    if (isDirectory) sources.push(...await readSources(path));
    else if (name.endsWith(".ts")) {
      sources.push({ path, name, text: await Deno.readTextFile(`${ROOT}${path}`) });
    }
  }
  return sources;
}
