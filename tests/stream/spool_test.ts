import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { digestBytes } from "../../lib/oci/digest.ts";
import { spool } from "../../lib/stream/spool.ts";
import { tempDir } from "../support/temp_dir.ts";
import { chunked, drain, endless, failing, sampleBytes, slow, stalled } from "./sources.ts";

const BYTES = sampleBytes(200_000);

/** Makes temporary files go to a directory of the test's own. */
async function temporaryFiles(): Promise<{ names(): string[] } & AsyncDisposable> {
  const dir = await tempDir();
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", dir.path);
  return {
    names: () => [...Deno.readDirSync(dir.path)].map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      if (before === undefined) Deno.env.delete("TMPDIR");
      else Deno.env.set("TMPDIR", before);
      await dir[Symbol.asyncDispose]();
    },
  };
}

Deno.test("spool() knows size and digest, and opens the bytes again and again", async () => {
  await using files = await temporaryFiles();
  {
    await using spooled = await spool(chunked(BYTES, 999));
    assertEquals([spooled.size, spooled.digest], [200_000, await digestBytes(BYTES)]);
    assertEquals(await drain(spooled.open()), BYTES);
    assertEquals(await drain(spooled.open()), BYTES);
    assertEquals(files.names().length, 1);
  }
  assertEquals(files.names(), []);
});

Deno.test("spool() takes nothing", async () => {
  await using spooled = await spool(chunked(new Uint8Array(), 1));
  assertEquals([spooled.size, (await drain(spooled.open())).length], [0, 0]);
});

Deno.test("spool() leaves nothing behind when the source fails", async () => {
  await using files = await temporaryFiles();
  const error = new Error("the disk is gone");
  assertStrictEquals(await spool(failing(error, BYTES)).catch((reason) => reason), error);
  assertEquals(files.names(), []);
});

Deno.test("spool() leaves nothing behind when its signal ends it", async () => {
  await using files = await temporaryFiles();
  for (const source of [stalled(), slow(BYTES)]) {
    const controller = new AbortController();
    const spooling = spool(source.stream, { signal: controller.signal });
    setTimeout(() => controller.abort("enough"), 10);
    assertEquals(await spooling.catch((reason) => reason), "enough");
    assertEquals(source.cancels(), ["enough"]);
  }
  assertEquals(files.names(), []);
});

Deno.test("spool() cancels the source when there is no room for a file", async () => {
  await using _files = await temporaryFiles();
  Deno.env.set("TMPDIR", "/no/such/directory");
  const source = endless(BYTES);
  await assertRejects(() => spool(source.stream), Deno.errors.NotFound);
  assert(source.cancels().length === 1);
});

Deno.test("a reader of spooled bytes may leave in the middle", async () => {
  await using spooled = await spool(chunked(BYTES, 999));
  const reader = spooled.open().getReader();
  await reader.read();
  await reader.cancel();
  await spooled.open().cancel();
});
