import { assertEquals, assertRejects } from "@std/assert";
import { DavitError, DocumentError, NotFoundError } from "../../lib/errors.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { bytesContent, type Content, describeBytes } from "../../lib/store/content.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { readAll } from "../../lib/stream/read_all.ts";

const encoder = new TextEncoder();

async function contentOf(...chunks: string[]): Promise<Content & { descriptor: Descriptor }> {
  const descriptor = await describeBytes(encoder.encode(chunks.join("")), "text/plain");
  return {
    ...bytesContent(new Uint8Array(), descriptor),
    descriptor,
    open: () => Promise.resolve(ReadableStream.from(chunks.map((chunk) => encoder.encode(chunk)))),
  };
}

async function read(store: MemoryStore, descriptor: Descriptor, offset = 0): Promise<string> {
  const stream = await store.fetch(descriptor, { offset });
  return new TextDecoder().decode(await readAll(stream, { maxBytes: 1e6, what: "content" }));
}

Deno.test({
  name: "content comes back as it was written, from any offset, and asks for no permission",
  permissions: "none",
  async fn() {
    const store = new MemoryStore();
    const content = await contentOf("he", "", "llo", " world");
    assertEquals(await store.has(content.descriptor), false);
    assertEquals(await store.write(content), content.descriptor);
    assertEquals(await store.has(content.descriptor), true);
    for (const offset of [0, 1, 2, 4, 5, 11]) {
      assertEquals(await read(store, content.descriptor, offset), "hello world".slice(offset));
    }
  },
});

Deno.test("names appear with commit(), in the order they were given", async () => {
  const store = new MemoryStore("here");
  const { descriptor } = await contentOf("one");
  await store.write(await contentOf("one"), { names: ["v1", "latest"] });
  const error = await assertRejects(() => store.resolve("v1"), NotFoundError);
  assertEquals(error.message, 'Cannot find image "v1" in here');
  await store.commit();
  assertEquals(await Array.fromAsync(store.names()), ["v1", "latest"]);
  assertEquals(await store.resolve("v1"), descriptor);
  assertEquals(await store.resolve(descriptor.digest), descriptor);
});

Deno.test("disposing drops what was not committed and keeps the rest", async () => {
  const store = new MemoryStore();
  const [kept, dropped] = [await contentOf("kept"), await contentOf("dropped")];
  {
    await using session = store;
    await session.write(kept, { names: ["kept"] });
    await session.commit();
    await session.write(dropped, { names: ["dropped"] });
  }
  await store.commit();
  assertEquals(await Array.fromAsync(store.names()), ["kept"]);
  assertEquals([await store.has(kept.descriptor), await store.has(dropped.descriptor)], [
    true,
    false,
  ]);
});

Deno.test("a name that moves leaves no root behind", async () => {
  const store = new MemoryStore();
  await store.write(await contentOf("one"), { names: ["v1"] });
  await store.commit();
  const { digest } = await store.write(await contentOf("two"), { names: ["v1"] });
  await store.commit();
  assertEquals((await (await store.open()).descriptor()).digest, digest);
});

Deno.test("without a name the only root is opened", async () => {
  const store = new MemoryStore();
  await assertRejects(() => store.open(), DocumentError, "expected exactly one image, got 0");
  await store.write(await contentOf("one"), { names: [] });
  await store.commit();
  assertEquals((await store.open()).kind, "blob");
  await store.write(await contentOf("two"), { names: ["v2"] });
  await store.commit();
  await assertRejects(() => store.open(), DocumentError, "expected exactly one image, got 2");
});

Deno.test("delete() takes a name, or a digest with all its names", async () => {
  const store = new MemoryStore();
  const { digest } = await store.write(await contentOf("one"), { names: ["v1", "v2", "v3"] });
  await store.commit();
  await store.delete("v1");
  assertEquals(await Array.fromAsync(store.names()), ["v2", "v3"]);
  await store.delete(digest);
  assertEquals(await Array.fromAsync(store.names()), []);
  await assertRejects(() => store.delete("v2"), NotFoundError);
});

Deno.test("content that is not what it says is refused", async () => {
  const store = new MemoryStore();
  const { descriptor } = await contentOf("hello");
  for (
    const [text, code] of [
      ["jello", "ERR_DIGEST_MISMATCH"],
      ["hell", "ERR_SIZE_MISMATCH"],
      ["hello!", "ERR_SIZE_MISMATCH"],
    ] as const
  ) {
    const lying = { ...await contentOf(text), descriptor };
    assertEquals((await assertRejects(() => store.write(lying), DavitError)).code, code);
    assertEquals(await store.has(descriptor), false);
    await assertRejects(() => store.fetch(descriptor), NotFoundError);
  }
});

Deno.test("single-pass content is known by its digest once it has passed", async () => {
  const store = new MemoryStore();
  const content = await contentOf("streamed");
  const written = await store.write({ ...content, descriptor: undefined });
  assertEquals(written, content.descriptor);
  assertEquals(await read(store, content.descriptor), "streamed");
});

Deno.test("what a reader does to its bytes does not reach the store", async () => {
  const store = new MemoryStore();
  const { descriptor } = await contentOf("hello");
  await store.write(await contentOf("hello"));
  for await (const chunk of await store.fetch(descriptor)) chunk.fill(0);
  assertEquals(await read(store, descriptor), "hello");
});

Deno.test("a signal ends a write that waits", async () => {
  const store = new MemoryStore();
  const content = await contentOf("hello");
  const stalled = { ...content, open: () => Promise.resolve(new ReadableStream<Uint8Array>()) };
  const signal = AbortSignal.timeout(20);
  await assertRejects(() => store.write(stalled, { signal }), DOMException);
  assertEquals(await store.has(content.descriptor), false);
});
