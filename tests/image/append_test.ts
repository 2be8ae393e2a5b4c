import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { appendLayers } from "../../lib/image/append.ts";
import { composeImage } from "../../lib/image/compose_image.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { NotComputedError } from "../../lib/errors.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { StreamLayer } from "../../lib/layer/stream_layer.ts";
import { copy } from "../../lib/store/copy.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { jsonOf, makeImage, textOf } from "../support/images.ts";

function layer(path: string) {
  return layerFromEntries([{ path, content: path }]);
}

function tar(): ReadableStream<Uint8Array> {
  return ReadableStream.from([new Uint8Array(1024)]);
}

Deno.test("appendLayers() adds digests, diff IDs and history in order", async () => {
  const [below, above] = [layer("a"), layer("b")];
  const image = appendLayers(emptyImage(), [
    { layer: below, history: { created_by: "first" } },
    { layer: above, history: { created_by: "second" }, annotations: { note: "top" } },
  ]);
  const config = jsonOf(await image.config());
  const manifest = jsonOf(await image.manifest());
  assertEquals(config.rootfs.diff_ids, [await below.diffId(), await above.diffId()]);
  assertEquals(
    config.history.map((entry: { created_by: string }) => entry.created_by),
    ["first", "second"],
  );
  assertEquals(
    manifest.layers.map((entry: { digest: string }) => entry.digest),
    [await below.digest(), await above.digest()],
  );
  assertEquals(manifest.layers[1].annotations, { note: "top" });
  assertEquals(manifest.config.digest, (await image.configDescriptor()).digest);
  assertEquals((await image.descriptor()).size, (await image.manifest()).length);
});

Deno.test("appendLayers() of nothing is the base itself", () => {
  const base = emptyImage();
  assertStrictEquals(appendLayers(base, []), base);
});

Deno.test("appendLayers() leaves the base as it was", async () => {
  const base = makeImage([[{ path: "a" }]]);
  const before = (await base.descriptor()).digest;
  await appendLayers(base, [layer("b")]).manifest();
  assertEquals((await base.descriptor()).digest, before);
});

Deno.test("appendLayers() keeps what it does not know, in order and to the letter", async () => {
  const text = '{ "x-first": 1.0, "os": "linux", "architecture": "amd64", "big": 1e400,\n' +
    '  "rootfs": {"type": "layers", "diff_ids": []}, "x-last": {"z": 1, "a": 9007199254740993} }';
  const base = composeImage({ config: new TextEncoder().encode(text), layers: [] });
  const config = textOf(await appendLayers(base, [layer("a")]).config());
  for (const kept of ['"x-first": 1.0', '"big": 1e400', '{"z": 1, "a": 9007199254740993}']) {
    assertEquals(config.includes(kept), true, `${kept} in ${config}`);
  }
});

Deno.test("appendLayers() with a single-pass layer knows its documents after the pass only", async () => {
  const streamed = new StreamLayer(tar());
  const image = appendLayers(emptyImage(), [streamed]);
  await assertRejects(() => image.config(), NotComputedError);
  await assertRejects(() => image.manifest(), NotComputedError);
  await assertRejects(() => image.descriptor(), NotComputedError);
  await streamed.compressed().pipeTo(new WritableStream());
  assertEquals(jsonOf(await image.config()).rootfs.diff_ids, [await streamed.diffId()]);
  assertEquals(jsonOf(await image.manifest()).layers[0].digest, await streamed.digest());
});

Deno.test("appendLayers() leaves an artifact's config alone", async () => {
  const base = makeImage([]);
  const artifact = {
    ...base,
    config: () => Promise.resolve(new TextEncoder().encode("{}")),
    configDescriptor: async () => ({
      ...await base.configDescriptor(),
      mediaType: "application/vnd.example.config+json",
    }),
    manifest: () => base.manifest(),
    descriptor: () => base.descriptor(),
    layers: () => base.layers(),
    mapLayers: () => base,
  };
  const image = appendLayers(artifact, [layer("a")]);
  assertEquals(textOf(await image.config()), "{}");
  assertEquals(jsonOf(await image.manifest()).layers.length, 1);
});

Deno.test("mapLayers() changes the form of layers and nothing else", async () => {
  const image = makeImage([[{ path: "a" }]], { labels: { team: "deck" } });
  const plain = image.mapLayers((given) =>
    layerFromEntries([{ path: given.mediaType === "" ? "" : "a" }], { compression: "none" })
  );
  assertEquals(await plain.config(), await image.config());
  assertEquals(
    jsonOf(await plain.manifest()).layers[0].mediaType,
    "application/vnd.oci.image.layer.v1.tar",
  );
});

Deno.test("an image has one digest, whether its layers were read before or while it was copied", async () => {
  const make = () => appendLayers(emptyImage(), [layerFromEntries([{ path: "a", content: "a" }])]);
  const read = make();
  const { digest } = await read.descriptor();
  assertEquals((await copy(read, new MemoryStore())).digest, digest);
  assertEquals((await copy(make(), new MemoryStore())).digest, digest);
});
