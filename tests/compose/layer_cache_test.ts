/** Layers that were built before: what is read again, and what is not. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { LayerCache } from "../../lib/compose/layer_cache.ts";
import { composeView } from "../../lib/compose/compose_view.ts";
import type { BuildSpec } from "../../lib/compose/spec.ts";
import type { Image } from "../../lib/image/image.ts";
import type { Layer } from "../../lib/layer/layer.ts";
import { runDavitOk } from "../support/cli.ts";
import { tempDir } from "../support/temp_dir.ts";
import { openWorld } from "../cli/world.ts";

/** Some time from now, when all that is written now is old. */
function later(): number {
  return Date.now() + 10_000;
}

async function layerOf(spec: BuildSpec, directory: string, cache: LayerCache): Promise<Layer> {
  const open = () => Promise.reject(new Error("there is no base"));
  const view = await composeView(spec, { open, directory, cache });
  const [layer] = await (view as Image).layers();
  assert(layer !== undefined);
  return layer;
}

async function readBytes(layer: Layer): Promise<Uint8Array> {
  return await new Response(layer.compressed()).bytes();
}

async function places() {
  await using scope = new AsyncDisposableStack();
  const dir = scope.use(await tempDir());
  await Deno.mkdir(dir.join("site"));
  await Deno.writeTextFile(dir.join("site", "index.html"), "one");
  const owned = scope.move();
  return {
    dir: dir.path,
    file: dir.join("site", "index.html"),
    blobs: dir.join("cache", "blobs"),
    cache: new LayerCache(dir.join("cache"), { now: later }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const SPEC: BuildSpec = { from: "scratch", layers: [{ copy: "site", to: "/srv" }] };

Deno.test("an unchanged layer is known without its files being read", async () => {
  await using place = await places();
  const first = await layerOf(SPEC, place.dir, place.cache);
  assertEquals(first.descriptor, undefined);
  const bytes = await readBytes(first);
  const second = await layerOf(SPEC, place.dir, place.cache);
  assertEquals(second.descriptor, first.descriptor);
  assertEquals(await second.diffId(), await first.diffId());
  await Deno.writeTextFile(place.file, "this would be seen");
  assertEquals(await readBytes(second), bytes);
});

Deno.test("what a cache gives is what is built without one", async () => {
  await using place = await places();
  await readBytes(await layerOf(SPEC, place.dir, place.cache));
  const known = await layerOf(SPEC, place.dir, place.cache);
  const open = () => Promise.reject(new Error("there is no base"));
  const view = await composeView(SPEC, { open, directory: place.dir });
  const [fresh] = await (view as Image).layers();
  assertEquals(await known.digest(), await fresh?.digest());
  assertEquals(await known.size(), await fresh?.size());
});

for (
  const { what, change } of [
    { what: "a text", change: (file: string) => Deno.writeTextFile(file, "other") },
    {
      what: "a text of the same size and time",
      change: async (file: string) => {
        const { mtime, atime } = await Deno.stat(file);
        await Deno.writeTextFile(`${file}.new`, "eno");
        await Deno.utime(`${file}.new`, atime ?? 0, mtime ?? 0);
        await Deno.rename(`${file}.new`, file);
      },
    },
    { what: "a mode", change: (file: string) => Deno.chmod(file, 0o600) },
    { what: "a name", change: (file: string) => Deno.rename(file, `${file}l`) },
    { what: "one file more", change: (file: string) => Deno.writeTextFile(`${file}.too`, "") },
    { what: "one directory more", change: (file: string) => Deno.mkdir(`${file}.d`) },
    { what: "one link more", change: (file: string) => Deno.symlink("x", `${file}.link`) },
  ]
) {
  Deno.test(`a change of ${what} makes another layer`, async () => {
    await using place = await places();
    const before = await layerOf(SPEC, place.dir, place.cache);
    await readBytes(before);
    await change(place.file);
    const after = await layerOf(SPEC, place.dir, place.cache);
    assertEquals(after.descriptor, undefined);
    assertNotEquals(await after.digest(), await before.digest());
  });
}

Deno.test("another recipe for the same files makes another layer", async () => {
  await using place = await places();
  await readBytes(await layerOf(SPEC, place.dir, place.cache));
  for (
    const spec of [
      { from: "scratch", layers: [{ copy: "site", to: "/other" }] },
      { from: "scratch", layers: [{ copy: "site", to: "/srv", owner: "1:1" }] },
      { from: "scratch", layers: [{ copy: "site", to: "/srv", mode: "0600" }] },
      { from: "scratch", layers: [{ copy: "site", to: "/srv", ignore: ["*.html"] }] },
      { ...SPEC, compression: "zstd" },
      { ...SPEC, level: 1 },
      { ...SPEC, created: 1 },
    ] as const
  ) {
    const layer = await layerOf(spec, place.dir, place.cache);
    assertEquals(layer.descriptor, undefined, JSON.stringify(spec));
  }
});

Deno.test("files that were written a moment ago are looked at again", async () => {
  await using place = await places();
  const cache = new LayerCache(`${place.dir}/cache`);
  await readBytes(await layerOf(SPEC, place.dir, cache));
  const again = await layerOf(SPEC, place.dir, cache);
  assertEquals(again.descriptor, undefined);
});

Deno.test("plain layers are known, and their files not kept twice", async () => {
  await using place = await places();
  const spec: BuildSpec = { ...SPEC, compression: "none" };
  await readBytes(await layerOf(spec, place.dir, place.cache));
  const layer = await layerOf(spec, place.dir, place.cache);
  assertEquals(layer.descriptor?.digest, await layer.diffId());
  assertEquals(await Array.fromAsync(Deno.readDir(place.blobs)), []);
});

Deno.test("a layer that is given up leaves nothing in the cache", async () => {
  await using place = await places();
  const layer = await layerOf(SPEC, place.dir, place.cache);
  const reader = layer.compressed().getReader();
  await reader.read();
  await reader.cancel();
  assertEquals(await Array.fromAsync(Deno.readDir(place.blobs)), []);
});

Deno.test("a cache keeps what was used last, within its bounds", async () => {
  await using place = await places();
  const random = crypto.getRandomValues(new Uint8Array(40_000)).toHex();
  const cache = new LayerCache(`${place.dir}/cache`, { maxBytes: 100_000, now: later });
  const digests: string[] = [];
  for (const name of ["a", "bb", "ccc"]) {
    await Deno.writeTextFile(place.file, name + random);
    const layer = await layerOf(SPEC, place.dir, cache);
    digests.push(await layer.digest());
  }
  await cache.prune();
  const kept = (await Array.fromAsync(Deno.readDir(place.blobs))).map(({ name }) => name);
  assertEquals(kept.sort(), digests.slice(1).map((digest) => digest.replace(":", "-")).sort());
});

for (
  const { what, damage } of [
    { what: "that is broken off", damage: (path: string) => Deno.truncate(path, 10) },
    { what: "that is gone", damage: (path: string) => Deno.remove(path) },
  ]
) {
  Deno.test(`a kept layer ${what} is built anew`, async () => {
    await using place = await places();
    const bytes = await readBytes(await layerOf(SPEC, place.dir, place.cache));
    for await (const { name } of Deno.readDir(place.blobs)) await damage(`${place.blobs}/${name}`);
    assertEquals(await readBytes(await layerOf(SPEC, place.dir, place.cache)), bytes);
  });
}

Deno.test("a cache that cannot be written to keeps nobody from building", async () => {
  await using place = await places();
  await Deno.writeTextFile(`${place.dir}/cache`, "a file");
  const layer = await layerOf(SPEC, place.dir, place.cache);
  assert((await readBytes(layer)).length > 0);
  await place.cache.prune();
});

Deno.test("davit build gives the same with what it remembers and without", async () => {
  await using world = await openWorld();
  await Deno.mkdir(`${world.dir}/site`);
  await Deno.writeTextFile(`${world.dir}/site/index.html`, "one");
  await world.write(
    "davit.yaml",
    `from: scratch
layers: [{ copy: site }]
outputs: [${world.registry}/a:1, ${world.registry}/b:1, "oci:layout"]
`,
  );
  const env = { XDG_CACHE_HOME: `${world.dir}/cache` };
  const first = await runDavitOk(["build", world.dir], { env });
  const again = await runDavitOk(["build", world.dir], { env });
  const without = await runDavitOk(["build", world.dir, "--no-cache"], { env });
  assertEquals([again.stdout, without.stdout], [first.stdout, first.stdout]);
});
