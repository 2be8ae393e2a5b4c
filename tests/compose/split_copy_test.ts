/** Directories as several layers, by how often their files change. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { composeView } from "../../lib/compose/compose_view.ts";
import { splitCopy } from "../../lib/compose/split_copy.ts";
import type { CopySpec } from "../../lib/compose/spec.ts";
import { classOf } from "../../lib/compose/tree_class.ts";
import type { Image } from "../../lib/image/image.ts";
import type { Layer } from "../../lib/layer/layer.ts";
import { readTar } from "../../lib/tar/read_tar.ts";
import { runDavitOk } from "../support/cli.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree, type TreeSpec } from "../support/tree.ts";

const LARGE = new Uint8Array(1024 * 1024).fill(97);

const APP: TreeSpec = {
  "node_modules/left/index.js": LARGE,
  "node_modules/@scope/right/dist/index.js": "right",
  "packages/web/node_modules/inner/index.js": "inner",
  "packages/web/src/page.ts": "page",
  "dist/bundle.js": LARGE,
  "src/main.ts": "main",
  "README.md": "read",
};

async function layersOf(
  directory: string,
  copy: Omit<CopySpec, "copy">,
): Promise<readonly Layer[]> {
  const open = () => Promise.reject(new Error("there is no base"));
  const layers = [{ copy: "app", to: "/srv", ...copy }];
  const view = await composeView({ from: "scratch", layers }, { open, directory });
  return await (view as Image).layers();
}

/** The files and links of a layer; directories stand in every layer that has something in them. */
async function filesOf(layer: Layer): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { header } of readTar(layer.uncompressed())) {
    if (header.type !== "directory") names.push(header.name);
  }
  return names;
}

Deno.test.each([
  { path: "src/main.ts", found: "sources" },
  { path: "dist", found: "generated" },
  { path: "packages/a/build/x.js", found: "generated" },
  { path: "node_modules/a/dist/x.js", found: "dependencies" },
  { path: ".next/standalone/node_modules/a", found: "dependencies" },
  { path: "distance/vendors/x", found: "sources" },
])("$path is of the $found", ({ path, found }) => assertEquals(classOf(path), found));

Deno.test("a directory is split into dependencies, generated files and sources", async () => {
  await using dir = await tempDir();
  await makeTree(dir.join("app"), APP);
  const layers = await layersOf(dir.path, { split: "auto" });
  assertEquals(await Promise.all(layers.map(filesOf)), [
    [
      "srv/node_modules/@scope/right/dist/index.js",
      "srv/node_modules/left/index.js",
      "srv/packages/web/node_modules/inner/index.js",
    ],
    ["srv/dist/bundle.js"],
    ["srv/README.md", "srv/packages/web/src/page.ts", "srv/src/main.ts"],
  ]);
});

Deno.test("what is ignored is in none of the layers, what an exception brings back in one", async () => {
  await using dir = await tempDir();
  await makeTree(dir.join("app"), APP);
  const layers = await layersOf(dir.path, {
    split: "auto",
    ignore: ["node_modules/left", "**/*.ts", "!src/main.ts", "node_modules/@scope"],
  });
  assertEquals((await Promise.all(layers.map(filesOf))).flat().sort(), [
    "srv/README.md",
    "srv/dist/bundle.js",
    "srv/packages/web/node_modules/inner/index.js",
    "srv/src/main.ts",
  ]);
});

Deno.test("an edit of a source changes the last layer alone", async () => {
  await using dir = await tempDir();
  await makeTree(dir.join("app"), APP);
  const digests = async () => {
    const layers = await layersOf(dir.path, { split: "auto" });
    return await Promise.all(layers.map((layer) => layer.digest()));
  };
  const before = await digests();
  assertEquals(await digests(), before);
  await Deno.writeTextFile(dir.join("app", "src/main.ts"), "edited");
  const after = await digests();
  assertEquals(after.slice(0, -1), before.slice(0, -1));
  assertNotEquals(after.at(-1), before.at(-1));
});

Deno.test("a directory of little else than sources stays the one layer that it was", async () => {
  await using dir = await tempDir();
  await makeTree(dir.join("app"), { "src/a.ts": LARGE, "dist/a.js": "a", "node_modules/b": "b" });
  const [split, ...others] = await layersOf(dir.path, { split: "auto" });
  const [whole] = await layersOf(dir.path, {});
  assertEquals(others, []);
  assertEquals(await split?.digest(), await whole?.digest());
});

Deno.test("large dependencies are split by packages, within a budget of layers", async () => {
  await using dir = await tempDir();
  const packages = Array.from({ length: 40 }, (_, index) => `node_modules/package-${index}/a`);
  await makeTree(dir.join("app"), Object.fromEntries(packages.map((path) => [path, ""])));
  for (const path of packages) await Deno.truncate(dir.join("app", path), 8 * 1024 * 1024);
  const parts = await splitCopy({ copy: "app", split: "auto" }, dir.join("app"));
  assertEquals(parts.length, 5);
  assertEquals(parts.map(({ part }) => part?.share?.of), [4, 4, 4, 4, undefined]);
});

Deno.test("davit build --layers auto splits the directories of a build file", async () => {
  await using dir = await tempDir();
  await makeTree(dir.join("app"), APP);
  await Deno.writeTextFile(
    dir.join("davit.yaml"),
    'from: scratch\nlayers: [{ copy: app }, { files: { a: b } }]\noutputs: ["oci:layout"]\n',
  );
  await runDavitOk(["build", dir.path, "--layers", "auto"]);
  const { stdout } = await runDavitOk(["manifest", `oci:${dir.join("layout")}`]);
  const { layers } = JSON.parse(stdout);
  assert(layers.length === 4, stdout);
});
