import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { DigestMismatchError } from "../../lib/errors.ts";
import { TarLayer } from "../../lib/layer/tar_layer.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { writeTar } from "../../lib/tar/write_tar.ts";
import { bytesOf } from "./bytes.ts";

const TAR = new TextEncoder().encode("a".repeat(10_000));
const DIFF_ID = "sha256:27dd1f61b867b6a0f6e9d8a41c43231de52107e53ae424de8f847b821db4b711";

/** Opens a tar and counts how often. */
function counted(
  tar: Uint8Array = TAR,
): { open: () => ReadableStream<Uint8Array>; opened: number } {
  const counter = {
    opened: 0,
    open() {
      counter.opened++;
      return ReadableStream.from([tar]);
    },
  };
  return counter;
}

Deno.test("a tar layer gives the same bytes again and again", async () => {
  const { open } = counted();
  const layer = new TarLayer(open);
  const first = await bytesOf(layer.compressed());
  assertEquals(await bytesOf(layer.compressed()), first);
  assertEquals(await bytesOf(layer.uncompressed()), TAR);
  assertEquals(await layer.digest(), await digestBytes(first));
  assertEquals(await layer.size(), first.length);
  assertEquals(await layer.diffId(), DIFF_ID);
});

Deno.test("a tar written like crane.Layer has its diff ID", async () => {
  const plain = { mode: 0, uid: 0, gid: 0, mtime: 0 };
  const layer = new TarLayer(() =>
    writeTar([{
      header: { ...plain, type: "file", name: "/test", size: 5 },
      body: new TextEncoder().encode("testy"),
    }])
  );
  assertEquals(
    await layer.diffId(),
    "sha256:23db89a59ae4a121b898c6ff3ed698fb76f34f02a59edc00b6a554f679297d11",
  );
});

Deno.test("a tar layer learns all of itself from the first full pass", async () => {
  const tar = counted();
  const layer = new TarLayer(tar.open);
  assertEquals(layer.descriptor, undefined);
  const bytes = await bytesOf(layer.compressed());
  assertEquals(layer.descriptor, {
    mediaType: layer.mediaType,
    digest: await digestBytes(bytes),
    size: bytes.length,
  });
  await Promise.all([layer.digest(), layer.diffId(), layer.size()]);
  assertEquals(tar.opened, 1);
});

Deno.test("a tar layer that is asked first reads itself once for all who ask", async () => {
  const tar = counted();
  const layer = new TarLayer(tar.open);
  const [digest, size] = await Promise.all([layer.digest(), layer.size(), layer.digest()]);
  assertEquals(tar.opened, 1);
  assertEquals(layer.descriptor, { mediaType: layer.mediaType, digest, size });
  assertEquals(await layer.diffId(), DIFF_ID);
  assertEquals(tar.opened, 1);
});

Deno.test("the diff ID alone needs one pass and no digest", async () => {
  const tar = counted();
  const layer = new TarLayer(tar.open);
  assertEquals(await Promise.all([layer.diffId(), layer.diffId()]), [DIFF_ID, DIFF_ID]);
  assertEquals([tar.opened, layer.descriptor], [1, undefined]);
});

Deno.test("a level that does not exist is refused before the tar is opened", () => {
  const tar = counted();
  assertThrows(() => new TarLayer(tar.open, { level: 99 }), RangeError, "level");
  assertEquals(tar.opened, 0);
});

Deno.test("a tar that is not compressed is its own diff ID, in one pass", async () => {
  const tar = counted();
  const layer = new TarLayer(tar.open, { compression: "none" });
  assertEquals(await layer.diffId(), DIFF_ID);
  assertEquals(layer.descriptor?.digest, DIFF_ID);
  assertEquals(await layer.size(), TAR.length);
  assertEquals(tar.opened, 1);
});

Deno.test("a cancelled pass teaches nothing and spoils nothing", async () => {
  const { open } = counted();
  const layer = new TarLayer(open);
  const reader = layer.compressed().getReader();
  await reader.read();
  await reader.cancel();
  assertEquals(layer.descriptor, undefined);
  assertEquals(await layer.diffId(), DIFF_ID);
});

Deno.test("a failed reading is tried again by the next who asks", async () => {
  const cause = new Error("not now");
  let broken = true;
  const layer = new TarLayer(() => {
    if (!broken) return ReadableStream.from([TAR]);
    return new ReadableStream({ pull: (controller) => controller.error(cause) });
  });
  assertStrictEquals(await layer.diffId().catch((error) => error), cause);
  assertStrictEquals(await layer.digest().catch((error) => error), cause);
  broken = false;
  assertEquals(await layer.diffId(), DIFF_ID);
});

Deno.test("a source that changed between two passes is noticed", async () => {
  let tar = TAR;
  const layer = new TarLayer(() => ReadableStream.from([tar]));
  await layer.digest();
  tar = TAR.slice(1);
  const error = await assertRejects(() => bytesOf(layer.compressed()), DigestMismatchError);
  assertEquals(error.expected, DIFF_ID);
  assertEquals(await layer.diffId(), DIFF_ID);
});

Deno.test("passes run side by side", async () => {
  const { open } = counted();
  const layer = new TarLayer(open);
  const [a, b, c] = await Promise.all([
    bytesOf(layer.compressed()),
    bytesOf(layer.compressed()),
    bytesOf(layer.uncompressed()),
  ]);
  assertEquals(a, b);
  assertEquals(c, TAR);
});

Deno.test("nothing is opened before the first pull has need of it", async () => {
  let pulled = false;
  const layer = new TarLayer(() =>
    new ReadableStream({
      pull(controller) {
        pulled = true;
        controller.close();
      },
    }, { highWaterMark: 0 })
  );
  const stream = layer.compressed();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert(!pulled);
  await stream.cancel();
});
