/** Which layers of a composition a change concerns. */
import { assertEquals } from "@std/assert";
import { composeView } from "../../lib/compose/compose_view.ts";
import { KnownLayers } from "../../lib/compose/known_layers.ts";
import type { BuildSpec } from "../../lib/compose/spec.ts";
import type { Image } from "../../lib/image/image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree } from "../support/tree.ts";

const SPEC: BuildSpec = {
  from: "scratch",
  layers: [
    { copy: "site", to: "/srv", ignore: ["*.log", "drafts", "!drafts/kept"] },
    { copy: "one.txt" },
    { files: { "etc/motd": "ahoy" } },
  ],
};

for (
  const { path, made, why } of [
    { path: "site/index.html", made: [0], why: "a file of a directory" },
    { path: "site/new/deep", made: [0], why: "something new in it" },
    { path: "site", made: [0], why: "the directory itself" },
    { path: "", made: [0, 1], why: "what all of it is in" },
    { path: "one.txt", made: [1], why: "a file by itself" },
    { path: "site/a.log", made: [], why: "an ignored file" },
    { path: "drafts", made: [], why: "something else" },
    { path: "site/drafts", made: [0], why: "an ignored directory with exceptions" },
    { path: "siteb", made: [], why: "a name that begins alike" },
  ]
) {
  Deno.test(`a change of ${why} makes layers ${JSON.stringify(made)} anew`, async () => {
    await using dir = await tempDir();
    await makeTree(dir.path, { "site/index.html": "one", "one.txt": "1" });
    const layers = new KnownLayers();
    const open = () => Promise.reject(new Error("there is no base"));
    const compose = async () => {
      const view = await composeView(SPEC, { open, directory: dir.path, layers });
      return await (view as Image).layers();
    };
    const before = await compose();
    layers.forget(path === "" ? dir.path : dir.join(path), dir.path);
    const after = await compose();
    assertEquals(after.flatMap((layer, index) => layer === before[index] ? [] : [index]), made);
  });
}

Deno.test("of a split directory, a source concerns the sources alone", async () => {
  await using dir = await tempDir();
  const large = new Uint8Array(1024 * 1024);
  await makeTree(dir.path, { "app/node_modules/a/b": large, "app/src/a.ts": "a" });
  const layers = new KnownLayers();
  const open = () => Promise.reject(new Error("there is no base"));
  const spec: BuildSpec = { from: "scratch", layers: [{ copy: "app", split: "auto" }] };
  const compose = async () =>
    await (await composeView(spec, { open, directory: dir.path, layers }) as Image).layers();
  const before = await compose();
  layers.forget(dir.join("app/src/a.ts"), dir.path);
  const source = await compose();
  assertEquals([source[0] === before[0], source[1] === before[1]], [true, false]);
  layers.forget(dir.join("app/node_modules/a/b"), dir.path);
  const dependency = await compose();
  assertEquals([dependency[0] === before[0], dependency[1] === source[1]], [false, true]);
});
