import { assert, assertEquals, assertRejects } from "@std/assert";
import { DigestMismatchError, NetworkError, SizeMismatchError } from "../../lib/errors.ts";
import { exchange, type Fetch, type StreamBody } from "../../lib/registry/exchange.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport, type TransportOptions } from "../../lib/registry/transport.ts";
import { head, type RawServer, rawServer } from "./raw_server.ts";
import { describe, readBytes, singlePass } from "./world.ts";

const TEXT = "0123456789".repeat(10);

function openApp({ name }: RawServer, options: TransportOptions = {}): Repository {
  const transport = new Transport({ retry: { attempts: 2, baseMs: 1 }, ...options });
  return new Repository({ registry: name, repository: "app" }, { transport });
}

/** Where a request wants to begin. */
function startOf(requestHead: string): number {
  return Number(/range: bytes=(\d+)-/i.exec(requestHead)?.[1] ?? 0);
}

Deno.test("a connection that is closed before an answer is tried again, then an error", async () => {
  await using server = rawServer(({ close }) => Promise.resolve(close()));
  const { descriptor } = await describe(TEXT);
  using transport = new Transport({ retry: { attempts: 2, baseMs: 1 } });
  const app = new Repository({ registry: server.name, repository: "app" }, { transport });
  await assertRejects(
    () => app.fetch(descriptor),
    NetworkError,
    "the connection was closed before an answer came",
  );
  assertEquals(server.lines.filter((line) => line.startsWith("GET")).length >= 2, true);
});

Deno.test("a body that breaks off is taken up where it broke", async () => {
  await using server = rawServer(async ({ send, head: request }) => {
    const start = startOf(request);
    const end = Math.min(TEXT.length, start + 30);
    await send(
      start === 0 ? head(200, { "content-length": TEXT.length }) : head(206, {
        "content-length": TEXT.length - start,
        "content-range": `bytes ${start}-${TEXT.length - 1}/${TEXT.length}`,
      }),
    );
    await send(TEXT.slice(start, end));
  });
  const { descriptor, bytes } = await describe(TEXT);
  const app = openApp(server, { retry: { attempts: 5, baseMs: 1 } });
  assertEquals(await readBytes(await app.fetch(descriptor)), bytes);
  assertEquals(server.lines.length, 4);
});

Deno.test("a body that breaks off is taken up though the server knows no ranges", async () => {
  await using server = rawServer(async ({ send, count }) => {
    await send(head(200, { "content-length": TEXT.length }));
    await send(TEXT.slice(0, count === 0 ? 40 : TEXT.length));
  });
  const { descriptor, bytes } = await describe(TEXT);
  assertEquals(await readBytes(await openApp(server).fetch(descriptor)), bytes);
});

Deno.test("a body that goes on with other bytes is refused by its digest", async () => {
  await using server = rawServer(async ({ send, head: request }) => {
    const start = startOf(request);
    const range = `bytes ${start}-${TEXT.length - 1}/${TEXT.length}`;
    await send(
      start === 0
        ? head(200, { "content-length": TEXT.length })
        : head(206, { "content-range": range, "content-length": TEXT.length - start }),
    );
    await send(start === 0 ? TEXT.slice(0, 50) : "x".repeat(TEXT.length - start));
  });
  const { descriptor } = await describe(TEXT);
  const stream = await openApp(server).fetch(descriptor);
  await assertRejects(() => readBytes(stream), DigestMismatchError);
});

Deno.test("a body that breaks off again and again without progress is an error", async () => {
  await using server = rawServer(async ({ send, head: request }) => {
    const start = startOf(request);
    const range = `bytes ${start}-${TEXT.length - 1}/${TEXT.length}`;
    await send(
      start === 0
        ? head(200, { "content-length": TEXT.length })
        : head(206, { "content-range": range, "content-length": TEXT.length - start }),
    );
    await send(TEXT.slice(start, start === 0 ? 50 : start));
  });
  const { descriptor } = await describe(TEXT);
  const stream = await openApp(server).fetch(descriptor);
  await assertRejects(() => readBytes(stream), NetworkError, "closed within the answer");
  assertEquals(server.lines.length, 2);
});

Deno.test("a chunked body that ends early, as if it were whole, is an error", async () => {
  await using server = rawServer(async ({ send }) => {
    await send(head(200, { "transfer-encoding": "chunked" }));
    await send("3\r\n012\r\n0\r\n\r\n");
  });
  const { descriptor } = await describe(TEXT);
  const stream = await openApp(server).fetch(descriptor);
  await assertRejects(() => readBytes(stream), SizeMismatchError);
});

Deno.test("a blob sent with Content-Encoding: gzip is not decoded behind our back", async () => {
  const bytes = await readBytes(
    new Blob([TEXT]).stream().pipeThrough(new CompressionStream("gzip")),
  );
  const { descriptor } = await describe(new Uint8Array(bytes));
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(new Uint8Array(bytes), { headers: { "content-encoding": "gzip" } }),
  );
  const name = `127.0.0.1:${server.addr.port}`;
  using transport = new Transport();
  const app = new Repository({ registry: name, repository: "app" }, { transport });
  assertEquals(await readBytes(await app.fetch(descriptor)), bytes);
});

Deno.test("a server that never answers is left after the time-out", async () => {
  await using server = rawServer(({ closed }) => closed());
  const { descriptor } = await describe(TEXT);
  const app = openApp(server, { responseTimeoutMs: 30, retry: { attempts: 1 } });
  await assertRejects(() => app.fetch(descriptor), NetworkError, "no answer came within 30 ms");
});

Deno.test("a body that stalls is taken up, and at last an error", async () => {
  await using server = rawServer(async ({ send, closed }) => {
    await send(head(200, { "content-length": TEXT.length }) + "0");
    await closed();
  });
  const { descriptor } = await describe(TEXT);
  const stream = await openApp(server, { stallTimeoutMs: 30 }).fetch(descriptor);
  await assertRejects(() => readBytes(stream), NetworkError, "no byte came for 30 ms");
  assertEquals(server.lines.length, 2);
});

Deno.test("a reader that takes its time is no stall", async () => {
  await using server = rawServer(async ({ send }) => {
    await send(head(200, { "content-length": TEXT.length }) + TEXT);
  });
  const { descriptor } = await describe(TEXT);
  const reader = (await openApp(server, { stallTimeoutMs: 20 }).fetch(descriptor)).getReader();
  await new Promise((resolve) => setTimeout(resolve, 60));
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assertEquals(size, TEXT.length);
});

Deno.test("a server that takes no more of an upload is left after the time-out", async () => {
  await using server = rawServer(async ({ line, send, closed }) => {
    if (line.startsWith("POST")) await send(head(202, { location: "/up", "content-length": 0 }));
    else if (line.startsWith("DELETE")) await send(head(204, {}));
    else await readNothing().then(closed);
  });
  let cancelled: unknown;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024)),
    cancel(reason) {
      cancelled = reason ?? "cancelled";
    },
  });
  const content = singlePass(await describe(TEXT), endless);
  const app = openApp(server, { stallTimeoutMs: 100, responseTimeoutMs: 100 });
  await assertRejects(() => app.write(content), NetworkError, "took no more bytes for 100 ms");
  assert(cancelled !== undefined);
  assert(server.lines.at(-1)?.startsWith("DELETE /up"));
});

Deno.test("an upload that is refused halfway gives its source back", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) =>
      request.method === "POST"
        ? new Response(null, { status: 202, headers: { location: "/up" } })
        : new Response("too large", { status: 413 }),
  );
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      controller.enqueue(new Uint8Array(1000));
    },
    cancel() {
      cancelled = true;
    },
  });
  const content = singlePass(await describe(TEXT), endless);
  using transport = new Transport();
  const registry = `127.0.0.1:${server.addr.port}`;
  const app = new Repository({ registry, repository: "app" }, { transport });
  await assertRejects(() => app.write(content), Error, "413 too large");
  assertEquals(cancelled, true);
});

Deno.test("a download is cancelled by its reader, and the connection with it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using server = rawServer(async ({ send, closed }) => {
    await send(head(200, { "content-length": TEXT.length }) + "0");
    await closed().finally(resolve);
  });
  const { descriptor } = await describe(TEXT);
  const reader = (await openApp(server).fetch(descriptor)).getReader();
  await reader.read();
  await reader.cancel();
  await promise;
});

Deno.test("a download ends with its signal while it waits", async () => {
  await using server = rawServer(async ({ send, closed }) => {
    await send(head(200, { "content-length": TEXT.length }) + "0");
    await closed();
  });
  const { descriptor } = await describe(TEXT);
  const controller = new AbortController();
  const { signal } = controller;
  const reader = (await openApp(server).fetch(descriptor, { signal })).getReader();
  await reader.read();
  setTimeout(() => controller.abort(new Error("enough")), 10);
  await assertRejects(() => reader.read(), Error, "enough");
});

Deno.test("an upload ends with its signal, its source and session given back", async () => {
  const deleted = Promise.withResolvers<void>();
  await using server = rawServer(async ({ line, send, closed }) => {
    if (line.startsWith("POST")) await send(head(202, { location: "/up", "content-length": 0 }));
    else if (line.startsWith("DELETE")) {
      await send(head(204, {}));
      deleted.resolve();
    } else await closed();
  });
  const controller = new AbortController();
  let cancelled = false;
  const waiting = new ReadableStream<Uint8Array>({
    cancel() {
      cancelled = true;
    },
  });
  const content = singlePass(await describe(TEXT), waiting);
  const writing = openApp(server).write(content, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 30);
  await assertRejects(() => writing, Error, "enough");
  assertEquals(cancelled, true);
  await deleted.promise;
});

Deno.test("a port where nobody listens is not tried again", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  using transport = new Transport();
  const app = new Repository({ registry: `127.0.0.1:${port}`, repository: "app" }, { transport });
  const started = performance.now();
  await assertRejects(() => app.resolve("v1"), NetworkError, "the connection was refused");
  assert(performance.now() - started < 400);
});

Deno.test("a port that fetch() refuses is said to be one", async () => {
  using transport = new Transport();
  const app = new Repository({ registry: "127.0.0.1:6000", repository: "app" }, { transport });
  const { message } = await assertRejects(() => app.resolve("v1"), NetworkError);
  assertEquals(
    message,
    'Cannot HEAD "http://127.0.0.1:6000/v2/app/manifests/v1": fetch() goes to no such port, on any ' +
      "platform; let the registry listen on another",
  );
});

Deno.test("an upload that nobody takes a first byte of ends after the time-out", async () => {
  let isTaken = false;
  const body: StreamBody = {
    replayable: false,
    open: () =>
      Promise.resolve(
        new ReadableStream({ pull: () => void (isTaken = true) }, { highWaterMark: 0 }),
      ),
  };
  const silent: Fetch = (_, { signal }) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const request = {
    method: "PATCH",
    url: new URL("http://test.io/up"),
    headers: new Headers(),
    body,
  };
  const patience = { responseTimeoutMs: 10_000, stallTimeoutMs: 20 };
  await assertRejects(
    () => exchange(silent, request, patience),
    NetworkError,
    "it took no more bytes for 20 ms",
  );
  assertEquals(isTaken, false);
});

/** The other side's buffers fill up meanwhile. */
async function readNothing(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 600));
}
