import { assert, assertEquals, assertRejects } from "@std/assert";
import { createOciArchive, openOciArchive } from "../../lib/archive/oci_archive.ts";
import { MissingContentError } from "../../lib/errors.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import type { View } from "../../lib/image/image.ts";
import { copy } from "../../lib/store/copy.ts";
import { DeltaDestination, layerDigestsOf, requireWhole } from "../../lib/store/delta.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { makeImage } from "../support/images.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const BASE = [{ path: "base", content: "base" }];
const OLD = makeImage([BASE, [{ path: "app", content: "1" }]]);
const NEW = makeImage([BASE, [{ path: "app", content: "2" }]]);

/** Writes a delta and opens it. */
async function deltaOf(dir: TempDir, view: View, ...have: readonly View[]) {
  const path = dir.join("delta.tar");
  const held = new Set(
    (await Promise.all(have.map((old) => layerDigestsOf(old)))).flatMap((all) => [...all]),
  );
  await layerDigestsOf(view); // what was not read yet is not known to be what the receiver has
  await using delta = new DeltaDestination(await createOciArchive(path), held);
  await copy(view, delta, { names: ["v2"] });
  await delta.commit();
  return { leftOut: delta.leftOut, archive: await openOciArchive(path) };
}

async function digestsOf(image: typeof NEW): Promise<readonly string[]> {
  return await Promise.all((await image.layers()).map((layer) => layer.digest()));
}

Deno.test("a delta lacks the layers that the receiver has, and arrives where they are", async () => {
  await using dir = await tempDir();
  const { archive: opened, leftOut } = await deltaOf(dir, NEW, OLD);
  await using archive = opened;
  const [base = ""] = await digestsOf(NEW);
  assertEquals([...leftOut.keys()], [base]);
  const view = await archive.open("v2");
  await using receiver = new MemoryStore();
  await copy(OLD, receiver, { names: ["v1"] });
  await requireWhole(view, receiver);
  const { digest } = await copy(view, receiver, { names: ["v2"] });
  await receiver.commit();
  assertEquals(digest, (await NEW.descriptor()).digest);
  const arrived = await receiver.open("v2");
  assert(arrived.kind === "image");
  for (const layer of await arrived.layers()) await new Response(layer.compressed()).bytes();
});

Deno.test("a delta is refused where the base is not, with all that is missing", async () => {
  await using dir = await tempDir();
  const image = makeImage([BASE, [{ path: "b", content: "b" }], [{ path: "c", content: "c" }]]);
  const old = makeImage([BASE, [{ path: "b", content: "b" }]]);
  await using archive = (await deltaOf(dir, image, old)).archive;
  const view = await archive.open();
  const receiver = new MemoryStore();
  const error = await assertRejects(
    () => requireWhole(view, receiver),
    MissingContentError,
    "the source lacks 2 layers",
  );
  assertEquals(error.digests, (await digestsOf(image)).slice(0, 2));
});

Deno.test("a delta of indexes takes all images of the old ones into account", async () => {
  await using dir = await tempDir();
  const on = (platform: string, content: string) => ({
    image: makeImage([[{ path: "arch", content: platform }], [{ path: "app", content }]], {
      platform,
    }),
  });
  const platforms = ["linux/amd64", "linux/arm64"];
  const [before, after] = ["1", "2"].map((content) =>
    createIndex(platforms.map((platform) => on(platform, content)))
  );
  assert(before !== undefined && after !== undefined);
  const { archive: opened, leftOut } = await deltaOf(dir, after, before);
  await using archive = opened;
  assertEquals(leftOut.size, 2);
  await using receiver = new MemoryStore();
  await copy(before, receiver);
  await requireWhole(await archive.open(), receiver);
  assertEquals(
    (await copy(await archive.open(), receiver)).digest,
    (await after.descriptor()).digest,
  );
});

Deno.test("several old images together are what the receiver has", async () => {
  await using dir = await tempDir();
  const image = makeImage([BASE, [{ path: "x", content: "x" }]]);
  const other = makeImage([[{ path: "x", content: "x" }]]);
  const { archive, leftOut } = await deltaOf(dir, image, OLD, other);
  await using _ = archive;
  assertEquals(leftOut.size, 2);
});

Deno.test("requireWhole() asks places elsewhere nothing", async () => {
  const asked: string[] = [];
  const store = new MemoryStore();
  store.has = ({ digest }) => Promise.resolve(asked.push(digest) > 0);
  await requireWhole(NEW, store);
  assertEquals(asked, []);
});
