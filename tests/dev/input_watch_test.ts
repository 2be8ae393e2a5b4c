/** Files that are watched: what is told of them, and that nothing is missed. */
import { assert, assertEquals } from "@std/assert";
import { InputWatch } from "../../lib/dev/input_watch.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree } from "../support/tree.ts";

/** A watch whose tellings can be waited for. */
function openWatch(inputs: readonly string[]) {
  const told: (readonly string[])[] = [];
  let wake = Promise.withResolvers<void>();
  const watch = new InputWatch((paths) => {
    told.push(paths);
    wake.resolve();
  });
  watch.renew(inputs);
  return {
    watch,
    told,
    /** Waits until a path has been told. */
    async until(path: string): Promise<void> {
      while (!told.flat().includes(path)) {
        await wake.promise;
        wake = Promise.withResolvers();
      }
    },
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

Deno.test("a change anywhere in a directory is told, and reading is none", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "site/a/b/c.txt": "one", "other.txt": "" });
  using watched = openWatch([dir.join("site")]);
  await Deno.readTextFile(dir.join("site/a/b/c.txt"));
  await Deno.writeTextFile(dir.join("other.txt"), "not watched");
  await Deno.writeTextFile(dir.join("site/a/b/c.txt"), "two");
  await watched.until(dir.join("site/a/b/c.txt"));
  assertEquals(watched.told, [[dir.join("site/a/b/c.txt")]]);
});

Deno.test("many changes at once are told together", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(dir.join("site"));
  using watched = openWatch([dir.join("site")]);
  const names = Array.from({ length: 20 }, (_, index) => dir.join("site", `${index}`));
  await Promise.all(names.map((name) => Deno.writeTextFile(name, "")));
  for (const name of names) await watched.until(name);
  assert(watched.told.length <= 2, `${watched.told.length} times`);
  assertEquals(new Set(watched.told.flat()).size, 20);
});

Deno.test("a file is watched although editors put another in its place, again and again", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("davit.yaml"), "one");
  using watched = openWatch([dir.join("davit.yaml")]);
  for (const text of ["two", "three"]) {
    watched.told.length = 0;
    await Deno.writeTextFile(dir.join("davit.yaml.tmp"), text);
    await Deno.rename(dir.join("davit.yaml.tmp"), dir.join("davit.yaml"));
    await watched.until(dir.join("davit.yaml"));
  }
});

Deno.test("what is not there yet is told when it comes", async () => {
  await using dir = await tempDir();
  using watched = openWatch([dir.join("later/site")]);
  await Deno.mkdir(dir.join("later"));
  await watched.until(dir.join("later"));
});

Deno.test("a watch of other inputs takes the place of the one before", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "a/x": "", "b/x": "" });
  using watched = openWatch([dir.join("a")]);
  watched.watch.renew([dir.join("b")]);
  await Deno.writeTextFile(dir.join("a/x"), "one");
  await Deno.writeTextFile(dir.join("b/x"), "one");
  await watched.until(dir.join("b/x"));
  assertEquals(watched.told.flat(), [dir.join("b/x")]);
});
