import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { formatLock, lockBases, parseLock } from "../../lib/compose/lock.ts";
import { findOutdated } from "../../lib/compose/outdated.ts";
import { runBuild } from "../../lib/compose/run_build.ts";
import { NotFoundError, SpecError, UnsupportedError } from "../../lib/errors.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { openWorld, twoPlatforms } from "../cli/world.ts";
import { makeImage } from "../support/images.ts";

const OLD = makeImage([[{ path: "base", content: "1" }]]);
const NEW = makeImage([[{ path: "base", content: "2" }]], { labels: { v: "2" } });

Deno.test("a lock names the index and every platform's image, and reads back", async () => {
  await using world = await openWorld();
  using transport = new Transport();
  const digest = await world.push("base:v1", twoPlatforms());
  const from = `${world.registry}/base:v1`;
  const lock = await lockBases({ from }, { places: { transport } });
  const base = lock.bases[from];
  assertEquals(base?.digest as string, digest);
  assertEquals(Object.keys(base?.platforms ?? {}), ["linux/amd64", "linux/arm64"]);
  assertEquals(parseLock(formatLock(lock)), lock);
});

Deno.test("scratch needs no lock", async () => {
  using transport = new Transport();
  assertEquals((await lockBases({ from: "scratch" }, { places: { transport } })).bases, {});
});

Deno.test("a locked build is built on what was locked, wherever the tag has gone", async () => {
  await using world = await openWorld();
  using transport = new Transport();
  const places = { transport };
  const locked = await world.push("base:v1", OLD);
  const from = `${world.registry}/base:v1`;
  const spec = { from, layers: [{ files: { app: "x" } }], tags: [`${world.registry}/app:v1`] };
  const lock = await lockBases({ from }, { places });
  const [before] = await runBuild(spec, { places, lock });
  await world.push("base:v1", NEW);
  const [after] = await runBuild(spec, { places, lock });
  const [free] = await runBuild(spec, { places });
  assertEquals(after?.descriptor.digest, before?.descriptor.digest);
  assertEquals(free?.descriptor.digest === before?.descriptor.digest, false);
  const [status] = await findOutdated(lock, { places });
  assertEquals([status?.hasMoved, status?.locked as string], [true, locked]);
  const [image] = status?.diff?.images ?? [];
  assertEquals(image?.diff.config.map(({ field }) => field), ["config.Labels.v"]);
  assertEquals(image?.diff.layers.map(({ kind }) => kind), ["changed"]);
});

Deno.test("a locked build refuses a base that the lock does not know, or that is gone", async () => {
  await using world = await openWorld();
  using transport = new Transport();
  const places = { transport };
  await world.push("base:v1", OLD);
  const from = `${world.registry}/base:v1`;
  const spec = { from, tags: [`${world.registry}/app:v1`] };
  const empty = { version: 1, bases: {} } as const;
  await assertRejects(() => runBuild(spec, { places, lock: empty }), SpecError, "davit lock");
  const gone = {
    version: 1,
    bases: { [from]: { digest: `sha256:${"0".repeat(64)}`, platforms: {} } },
  } as const;
  await assertRejects(() => runBuild(spec, { places, lock: gone }), NotFoundError, "000");
  const [status] = await findOutdated(gone, { places });
  assertEquals([status?.hasMoved, status?.diff], [true, undefined]);
});

Deno.test("a base that lies in a file must still be what was locked", async () => {
  await using world = await openWorld();
  using transport = new Transport();
  const options = { places: { transport }, directory: world.dir };
  const write = (content: string) =>
    runBuild({
      from: "scratch",
      layers: [{ files: { a: content } }],
      outputs: ["oci-archive:base.tar"],
    }, options);
  await write("1");
  const from = "oci-archive:base.tar";
  const lock = await lockBases({ from }, options);
  const spec = { from, outputs: ["oci-archive:app.tar"] };
  await runBuild(spec, { ...options, lock });
  assertEquals((await findOutdated(lock, options))[0]?.hasMoved, false);
  await write("2");
  await assertRejects(() => runBuild(spec, { ...options, lock }), SpecError, 'expected "sha256:');
  assertEquals((await findOutdated(lock, options))[0]?.hasMoved, true);
});

Deno.test.each([
  { text: "{", why: "no JSON" },
  { text: "[]", why: "no object" },
  { text: '{"version":1}', why: "no bases" },
  { text: '{"version":1,"bases":{"a":{"digest":"sha256:1"}}}', why: "no digest" },
  { text: '{"version":1,"bases":{"a":null}}', why: "no base" },
])("parseLock() refuses $why", ({ text }) => {
  assertThrows(() => parseLock(text), SpecError, '"davit lock" writes it');
});

Deno.test("parseLock() refuses later versions", () => {
  assertThrows(() => parseLock('{"version":2}'), UnsupportedError, "expected version 1, got 2");
});
