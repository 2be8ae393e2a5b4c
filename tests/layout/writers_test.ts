import { assertEquals, assertRejects } from "@std/assert";
import { IndexFile } from "../../lib/layout/index_file.ts";
import { prepareLayout } from "../../lib/layout/layout_files.ts";
import { withLock } from "../../lib/store/lock.ts";
import { openLayout } from "../../lib/layout/mod.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { tempDir } from "../support/temp_dir.ts";

const WRITER = new URL("write_process.ts", import.meta.url).pathname;
const KEEP = { keepNameless: true };

function descriptorOf(n: number) {
  const digest = `sha256:${n.toString(16).padStart(64, "0")}` as const;
  return { mediaType: MEDIA_TYPE.ociManifest, digest, size: 1 };
}

Deno.test("processes that write to one layout at once lose nothing", async () => {
  await using directory = await tempDir();
  const writers = ["a", "b", "c"].map((prefix) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", WRITER, directory.join("layout"), prefix, "20"],
      stderr: "inherit",
    }).output()
  );
  for (const { success } of await Promise.all(writers)) assertEquals(success, true);
  await using layout = await openLayout(directory.join("layout"));
  const names = (await Array.fromAsync(layout.names())).sort();
  const expected = ["a", "b", "c"].flatMap((prefix) =>
    Array.from({ length: 20 }, (_, n) => `${prefix}-${n}`)
  );
  assertEquals(names, expected.sort());
  for (const name of names) assertEquals(await layout.has(await layout.resolve(name)), true);
});

Deno.test("a thousand edits at once are all in the file when they are acknowledged", async () => {
  await using directory = await tempDir();
  await prepareLayout(directory.path);
  const index = new IndexFile(directory.path);
  const edits = Array.from({ length: 1000 }, async (_, n) => {
    await index.edit((roots) => roots.with(descriptorOf(n), [`v${n}`], KEEP));
    const text = n % 100 === 0 ? await Deno.readTextFile(directory.join("index.json")) : `"v${n}"`;
    assertEquals(text.includes(`"v${n}"`), true);
  });
  const start = performance.now();
  await Promise.all(edits);
  assertEquals(performance.now() - start < 3000, true);
  assertEquals([...await new IndexFile(directory.path).read()].length, 1000);
});

Deno.test("an edit that throws fails alone", async () => {
  await using directory = await tempDir();
  await prepareLayout(directory.path);
  const index = new IndexFile(directory.path);
  const good = index.edit((roots) => roots.with(descriptorOf(1), ["v1"], KEEP));
  const bad = index.edit(() => {
    throw new Error("no such tag");
  });
  const better = index.edit((roots) => roots.with(descriptorOf(2), ["v2"], KEEP));
  await assertRejects(() => bad, Error, "no such tag");
  await Promise.all([good, better]);
  assertEquals([...await index.read()].map(({ name }) => name), ["v1", "v2"]);
});

Deno.test("what another process wrote in the meantime is read, and kept by the next edit", async () => {
  await using directory = await tempDir();
  await prepareLayout(directory.path);
  const [mine, theirs] = [new IndexFile(directory.path), new IndexFile(directory.path)];
  await mine.edit((roots) => roots.with(descriptorOf(1), ["v1"], KEEP));
  await theirs.edit((roots) => roots.with(descriptorOf(2), ["v2"], KEEP));
  assertEquals([...await mine.read()].length, 2);
  await mine.edit((roots) => roots.with(descriptorOf(3), ["v3"], KEEP));
  assertEquals([...await theirs.read()].map(({ name }) => name), ["v1", "v2", "v3"]);
});

Deno.test("a lock is held by one at a time, and a signal ends the wait for it", async () => {
  await using directory = await tempDir();
  const path = directory.join("lock");
  await Deno.writeTextFile(path, "");
  const held = Promise.withResolvers<void>();
  const first = withLock(path, () => held.promise);
  await new Promise((resolve) => setTimeout(resolve, 10));
  const signal = AbortSignal.timeout(30);
  await assertRejects(() => withLock(path, () => Promise.resolve(), { signal }), DOMException);
  let entered = false;
  const second = withLock(path, () => {
    entered = true;
    return Promise.resolve("result");
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(entered, false);
  held.resolve();
  await first;
  assertEquals(await second, "result");
});
