import { assert, assertEquals, assertRejects } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { annotateImage, configureImage } from "../../lib/image/configure.ts";
import { convertImages } from "../../lib/image/convert.ts";
import { findBase } from "../../lib/image/find_base.ts";
import type { Image } from "../../lib/image/image.ts";
import { rebaseImage } from "../../lib/image/rebase.ts";
import { findConflicts } from "../../lib/image/rebase_conflicts.ts";
import { DocumentError, PlatformError } from "../../lib/errors.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { LayerEntry } from "../../lib/layer/layer_entry.ts";
import { RecompressedLayer } from "../../lib/layer/recompressed_layer.ts";
import { whiteout } from "../../lib/layer/whiteout.ts";
import { removeJson } from "../../lib/oci/json.ts";
import { editImage } from "../../lib/image/edit_image.ts";
import { jsonOf, makeImage } from "../support/images.ts";

function file(path: string, content = path): LayerEntry {
  return { path, content };
}

/** Puts layers on an image, each with a history entry of that text. */
function onTop(
  base: Image,
  ...layers: readonly (readonly [string, readonly LayerEntry[]])[]
): Image {
  return appendLayers(
    base,
    layers.map(([text, entries]) => (
      { layer: layerFromEntries(entries), history: { created_by: text } }
    )),
  );
}

const empty = makeImage([]);
const oldBase = onTop(empty, ["base 1", [file("a")]], ["base 2", [file("b")]]);
const newBase = onTop(empty, ["base 1", [file("a")]], ["base 2b", [file("b2")]], ["3", [
  file("c"),
]]);

async function historyOf(image: Image): Promise<string[]> {
  const { history = [] } = jsonOf(await image.config());
  return history.map((entry: { created_by?: string }) => entry.created_by ?? "");
}

Deno.test("rebaseImage() puts the image's own layers and history onto the new base", async () => {
  const image = configureImage(onTop(oldBase, ["app", [file("app")]]), {
    cmd: ["app"],
    history: [{ created_by: "CMD app", empty_layer: true }],
  });
  const rebased = rebaseImage(image, { oldBase, newBase });
  const digests = await Promise.all((await rebased.layers()).map((layer) => layer.digest()));
  const [, , , app] = digests;
  assertEquals(
    digests.slice(0, 3),
    await Promise.all((await newBase.layers()).map((l) => l.digest())),
  );
  assertEquals(app, await (await image.layers())[2]?.digest());
  assertEquals(await historyOf(rebased), ["base 1", "base 2b", "3", "app", "CMD app"]);
  const [before, after] = [jsonOf(await image.config()), jsonOf(await rebased.config())];
  assertEquals(after.config, before.config);
  assertEquals(after.rootfs.diff_ids.length, 4);
});

Deno.test("rebaseImage() back again is the image it was, to the byte", async () => {
  const image = annotateImage(onTop(oldBase, ["app", [file("app")]]), { "x": "y" });
  const there = rebaseImage(image, { oldBase, newBase });
  const back = rebaseImage(there, { oldBase: newBase, newBase: oldBase });
  assertEquals((await back.descriptor()).digest, (await image.descriptor()).digest);
});

Deno.test("rebaseImage() of an image without history drops no layer", async () => {
  const bare = editImage(onTop(oldBase, ["app", [file("app")]]), {
    config: (text) => removeJson(text, ["history"]),
  });
  const rebased = rebaseImage(bare, { oldBase, newBase });
  assertEquals((await rebased.layers()).length, 4);
  assertEquals(await historyOf(rebased), ["base 1", "base 2b", "3", ""]);
});

Deno.test("rebaseImage() finds its base whatever the compression", async () => {
  const zstd = oldBase.mapLayers((layer) => new RecompressedLayer(layer, { compression: "zstd" }));
  const image = onTop(zstd, ["app", [file("app")]]);
  assertEquals((await rebaseImage(image, { oldBase, newBase }).layers()).length, 4);
});

Deno.test("rebaseImage() keeps the family of the image", async () => {
  const view = await convertImages(onTop(oldBase, ["app", [file("app")]]), "docker");
  assert(view.kind === "image");
  const { layers } = jsonOf(await rebaseImage(view, { oldBase, newBase }).manifest());
  for (const { mediaType } of layers) assert(mediaType.startsWith("application/vnd.docker."));
});

Deno.test("rebaseImage() refuses another base, and a base for another machine", async () => {
  const image = onTop(newBase, ["app", [file("app")]]);
  const { message } = await assertRejects(
    () => rebaseImage(image, { oldBase, newBase }).layers(),
    DocumentError,
  );
  assert(message.includes("layer 2"), message);
  const arm = makeImage([[file("a")]], { platform: "linux/arm64" });
  const based = onTop(oldBase, ["app", [file("app")]]);
  const onto = rebaseImage(based, { oldBase, newBase: arm });
  await assertRejects(() => onto.layers(), PlatformError, "linux/arm64");
});

Deno.test("findBase() takes the candidate with the most layers that are the image's lowest", async () => {
  const image = onTop(oldBase, ["app", [file("app")]]);
  const lower = onTop(empty, ["base 1", [file("a")]]);
  const candidates = [
    { name: "other", view: newBase },
    { name: "lower", view: lower },
    { name: "itself", view: image },
    { name: "old", view: oldBase },
  ];
  assertEquals((await findBase(image, candidates))?.name, "old");
  assertEquals(await findBase(image, [{ name: "other", view: newBase }]), undefined);
});

Deno.test("findConflicts() lists what both sides changed", async () => {
  const old = onTop(empty, ["base", [
    file("etc/passwd", "root"),
    file("etc/same", "same"),
    file("etc/only-app", "1"),
    file("etc/only-base", "1"),
    file("usr/share/doc/x", "doc"),
    file("lib/so", "1"),
    { path: "lib", type: "directory" },
  ]]);
  const fresh = onTop(empty, ["base", [
    file("etc/passwd", "root, daemon"),
    file("etc/same", "same"),
    file("etc/only-app", "1"),
    file("etc/only-base", "2"),
    file("etc/both-add", "base"),
    file("usr/share/doc/x", "new doc"),
    { path: "lib", type: "symlink", linkName: "usr/lib" },
  ]]);
  const image = onTop(old, ["app", [
    file("etc/passwd", "root, app"),
    file("etc/same", "changed"),
    file("etc/only-app", "2"),
    file("etc/both-add", "app"),
    file("lib/app", "app"),
    whiteout("usr/share/doc"),
  ]]);
  const { paths, config } = await findConflicts(image, { oldBase: old, newBase: fresh });
  assertEquals(paths, [
    { path: "etc/both-add", image: "added", base: "added" },
    { path: "etc/passwd", image: "changed", base: "changed" },
    { path: "lib", image: "changed", base: "changed" },
    { path: "usr/share/doc", image: "removed", base: "changed" },
  ]);
  assertEquals(config, []);
});

Deno.test("findConflicts() lists what the new base starts otherwise", async () => {
  const old = configureImage(oldBase, { env: { PATH: "/bin", A: "1" }, cmd: ["sh"], user: "root" });
  const fresh = configureImage(newBase, { env: { PATH: "/usr/bin", B: "2" }, cmd: ["sh"] });
  const image = configureImage(onTop(old, ["app", [file("app")]]), {
    env: { B: "2" },
    user: "app",
  });
  const { config } = await findConflicts(image, { oldBase: old, newBase: fresh });
  assertEquals(config, [
    { field: "Env.A", oldBase: "1", image: "1" },
    { field: "Env.PATH", oldBase: "/bin", newBase: "/usr/bin", image: "/bin" },
    { field: "User", oldBase: "root", image: "app" },
  ]);
});
