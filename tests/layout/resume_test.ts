import { assert, assertEquals, assertRejects } from "@std/assert";
import { DigestMismatchError, NetworkError } from "../../lib/errors.ts";
import { createLayout, type Layout } from "../../lib/layout/mod.ts";
import { hexOf } from "../../lib/oci/digest.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { type Content, describeBytes } from "../../lib/store/content.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const SIZE = 4_000_000;
const HALF = 2_500_000;
const BYTES = new Uint8Array(SIZE).map((_, at) => (at * at) >> 3);
const TYPE = "application/octet-stream";

/** Content whose connection breaks after `until` bytes, and where reading it began each time. */
interface Fragile extends Content {
  readonly descriptor: Descriptor;
  readonly begun: number[];
}

async function fragile(
  until: number,
  failure: unknown = new NetworkError("Cannot go on: gone"),
): Promise<Fragile> {
  const descriptor = await describeBytes(BYTES, TYPE);
  const begun: number[] = [];
  const from = (offset: number) => {
    begun.push(offset);
    return Promise.resolve(ReadableStream.from(read(offset, until, failure)));
  };
  return {
    mediaType: TYPE,
    descriptor,
    begun,
    open: () => from(0),
    openFrom: from,
    sealed: () => Promise.resolve(descriptor),
  };
}

function* read(offset: number, until: number, failure: unknown): Generator<Uint8Array> {
  for (let at = offset; at < SIZE; at += 100_000) {
    if (at >= until) throw failure;
    yield BYTES.subarray(at, Math.min(at + 100_000, SIZE));
  }
}

function partOf({ path }: TempDir, { digest }: Descriptor): string {
  return `${path}/sha256-${hexOf(digest)}.part`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function check(layout: Layout, { descriptor }: Fragile): Promise<void> {
  assertEquals(await new Response(await layout.fetch(descriptor)).bytes(), BYTES);
}

Deno.test("what came before the connection broke waits, and only the rest is fetched", async () => {
  await using dir = await tempDir();
  await using layout = await createLayout(dir.path);
  const content = await fragile(HALF);
  await assertRejects(() => layout.write(content), NetworkError);
  assertEquals((await Deno.stat(partOf(dir, content.descriptor))).size, HALF);
  const again = await fragile(SIZE);
  await layout.write(again);
  assertEquals(again.begun, [HALF]);
  await check(layout, again);
  assertEquals(await exists(partOf(dir, content.descriptor)), false);
});

Deno.test("what is whole already is hashed again, and nothing is fetched", async () => {
  await using dir = await tempDir();
  await using layout = await createLayout(dir.path);
  const content = await fragile(SIZE);
  await Deno.writeFile(partOf(dir, content.descriptor), BYTES);
  await layout.write(content);
  assertEquals(content.begun, [SIZE]);
  await check(layout, content);
});

for (
  const { why, left } of [
    { why: "of something else", left: new Uint8Array(HALF) },
    { why: "with more than there is", left: new Uint8Array(SIZE + 1) },
    { why: "with one byte that turned", left: BYTES.slice(0, HALF).fill(1, 99, 100) },
  ]
) {
  Deno.test(`a beginning ${why} is thrown away, and all of it is fetched`, async () => {
    await using dir = await tempDir();
    await using layout = await createLayout(dir.path);
    const content = await fragile(SIZE);
    await Deno.writeFile(partOf(dir, content.descriptor), left);
    await layout.write(content);
    assertEquals(content.begun.at(-1), 0);
    await check(layout, content);
  });
}

Deno.test("content that is not what its descriptor says leaves nothing to go on with", async () => {
  await using dir = await tempDir();
  await using layout = await createLayout(dir.path);
  const content = await fragile(SIZE);
  const wrong = { ...content.descriptor, digest: `sha256:${"0".repeat(64)}` as const };
  const lying = { ...content, descriptor: wrong, sealed: () => Promise.resolve(wrong) };
  await assertRejects(() => layout.write(lying), DigestMismatchError);
  assertEquals(await exists(partOf(dir, wrong)), false);
});

Deno.test("what came before a signal waits too", async () => {
  await using dir = await tempDir();
  await using layout = await createLayout(dir.path);
  const controller = new AbortController();
  const content = await fragile(SIZE);
  const open = async () => {
    const stream = await content.open();
    return stream.pipeThrough(
      new TransformStream({
        transform(chunk, sink) {
          if (chunk.byteOffset >= HALF) controller.abort(new Error("enough"));
          sink.enqueue(chunk);
        },
      }),
    );
  };
  const { signal } = controller;
  await assertRejects(() => layout.write({ ...content, open }, { signal }), Error, "enough");
  assert((await Deno.stat(partOf(dir, content.descriptor))).size >= 1_000_000);
});

Deno.test("two writers of one blob do not disturb each other, whoever comes first", async () => {
  await using dir = await tempDir();
  const content = await fragile(HALF);
  await using first = await createLayout(dir.path);
  await assertRejects(() => first.write(content), NetworkError);
  await Promise.all(Array.from({ length: 5 }, async () => {
    await using layout = await createLayout(dir.path);
    await layout.write(await fragile(SIZE));
    await check(layout, content);
  }));
  assertEquals(await exists(partOf(dir, content.descriptor)), false);
  const left = (await Array.fromAsync(Deno.readDir(dir.path))).map(({ name }) => name).sort();
  assertEquals(left, ["blobs", "index.json", "oci-layout"]);
});

Deno.test("what nobody went on with for a week is removed, what is younger is not", async () => {
  await using dir = await tempDir();
  const [old, young] = ["a", "b"].map((digit) => dir.join(`sha256-${digit.repeat(64)}.part`));
  for (const path of [old, young]) await Deno.writeTextFile(path ?? "", "half");
  const longAgo = new Date(Date.now() - 8 * 24 * 3_600_000);
  await Deno.utime(old ?? "", longAgo, longAgo);
  await using layout = await createLayout(dir.path);
  await layout.write(await fragile(SIZE));
  assertEquals([await exists(old ?? ""), await exists(young ?? "")], [false, true]);
});
