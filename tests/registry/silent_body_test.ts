/** Blobs of which a registry sends the beginning, and then no more. */
import { assertEquals } from "@std/assert";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { collectGarbage } from "../support/collect_garbage.ts";

Deno.test("a read that waits ends with its signal, also after a garbage collection", async () => {
  const first = new Uint8Array(1000);
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    const body = new ReadableStream({ start: (silent) => silent.enqueue(first) });
    return new Response(body, { headers: { "content-length": "100000" } });
  });
  await using _server = server;
  using transport = new Transport();
  const name = { registry: `127.0.0.1:${server.addr.port}`, repository: "app" };
  const abort = new AbortController();
  const blob = {
    mediaType: "application/octet-stream",
    digest: `sha256:${"a".repeat(64)}` as const,
    size: 100_000,
  };
  const reader = (await new Repository(name, { transport }).fetch(blob, { signal: abort.signal }))
    .getReader();
  assertEquals((await reader.read()).value?.length, first.length);
  await collectGarbage();
  const end = reader.read().catch((error) => error);
  abort.abort("enough");
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("nothing"), 10_000);
  assertEquals(await Promise.race([end, late.promise]), "enough");
  clearTimeout(timer);
});
