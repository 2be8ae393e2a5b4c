import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { NetworkError } from "../../lib/errors.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { serveRegistry } from "../../lib/server/mod.ts";
import type { RegistryEvent } from "../../lib/server/mod.ts";
import { memoryRepositories } from "../../lib/server/mod.ts";
import { tempDir } from "../support/temp_dir.ts";
import { bytesOf, digestOf } from "./wire.ts";

async function statusOf(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
}

Deno.test("serveRegistry() listens on a free port of this machine", async () => {
  await using server = await serveRegistry();
  assertMatch(server.address, /^127\.0\.0\.1:[0-9]+$/);
  assertEquals(server.url, `http://${server.address}`);
  assertEquals(await statusOf(`${server.url}/v2/`), 200);
});

Deno.test("serveRegistry() says which port is taken", async () => {
  await using server = await serveRegistry();
  const port = Number(server.address.split(":")[1]);
  const error = await assertRejects(() => serveRegistry({ port }), NetworkError);
  assertMatch(error.message, /^Cannot listen on 127\.0\.0\.1:[0-9]+: something else listens there/);
});

Deno.test("serveRegistry() wants one place to keep content in", async () => {
  const repositories = memoryRepositories();
  await assertRejects(() => serveRegistry({ repositories, directory: "/nowhere" }), TypeError);
});

Deno.test("serveRegistry() keeps its content in a directory", async () => {
  await using directory = await tempDir();
  const digest = await digestOf("hello");
  {
    await using server = await serveRegistry({ directory: directory.join("new") });
    const path = `${server.url}/v2/app/blobs/uploads/?digest=${digest}`;
    assertEquals(await statusOf(path, { method: "POST", body: "hello" }), 201);
  }
  await using server = await serveRegistry({ directory: directory.join("new") });
  assertEquals(await (await fetch(`${server.url}/v2/app/blobs/${digest}`)).text(), "hello");
});

Deno.test("a server that shuts down lets what is under way finish", async () => {
  const server = await serveRegistry();
  const slow = Promise.withResolvers<void>();
  const body = ReadableStream.from((async function* () {
    yield bytesOf("hel");
    await slow.promise;
    yield bytesOf("lo");
  })());
  const digest = await digestOf("hello");
  const path = `${server.url}/v2/app/blobs/uploads/?digest=${digest}`;
  const pushing = statusOf(path, { method: "POST", body });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const stopping = server.shutdown();
  slow.resolve();
  assertEquals(await pushing, 201);
  await stopping;
  await assertRejects(() => fetch(server.url));
});

Deno.test("a client that takes no more of a blob holds a shutdown up for the grace alone", async () => {
  await using directory = await tempDir();
  await using server = await serveRegistry({ directory: directory.path, graceMs: 100 });
  const blob = new Uint8Array(32 * 1024 * 1024);
  const digest = await digestBytes(blob);
  const url = `${server.url}/v2/app/blobs/uploads/?digest=${digest}`;
  await (await fetch(url, { method: "POST", body: blob })).body?.cancel();
  const [hostname = "", port] = server.address.split(":");
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(bytesOf(`GET /v2/app/blobs/${digest} HTTP/1.1\r\nHost: app\r\n\r\n`));
  await connection.read(new Uint8Array(100));
  const start = performance.now();
  await server.shutdown();
  const took = performance.now() - start;
  assert(took > 90 && took < 5000, `${took} ms`);
});

Deno.test("a signal shuts the server down", async () => {
  const stop = new AbortController();
  const server = await serveRegistry({ signal: stop.signal });
  stop.abort();
  await server.finished;
  await assertRejects(() => fetch(server.url));
  await assertRejects(() => serveRegistry({ signal: stop.signal }), DOMException);
});

Deno.test("a read-only registry gives and does not take", async () => {
  const repositories = memoryRepositories();
  {
    await using server = await serveRegistry({ repositories });
    const path = `${server.url}/v2/app/blobs/uploads/?digest=${await digestOf("hello")}`;
    await statusOf(path, { method: "POST", body: "hello" });
  }
  await using server = await serveRegistry({ repositories, readOnly: true });
  const blob = `${server.url}/v2/app/blobs/${await digestOf("hello")}`;
  assertEquals(await statusOf(blob), 200);
  assertEquals(await statusOf(blob, { method: "DELETE" }), 405);
  assertEquals(await statusOf(`${server.url}/v2/app/blobs/uploads/`, { method: "POST" }), 405);
});

Deno.test("the log hears of every request once", async () => {
  const events: RegistryEvent[] = [];
  await using server = await serveRegistry({ log: (event) => events.push(event) });
  await statusOf(`${server.url}/v2/`);
  await statusOf(`${server.url}/v2/app/tags/list?n=1`);
  const heard = events.map(({ milliseconds: _, ...rest }) => rest);
  assertEquals(heard, [
    { method: "GET", path: "/v2/", status: 200 },
    { method: "GET", path: "/v2/app/tags/list?n=1", status: 404, code: "NAME_UNKNOWN" },
  ]);
});

Deno.test("a failure inside is 500 for the client and an error for the log", async () => {
  const events: RegistryEvent[] = [];
  const repositories = { ...memoryRepositories(), find: () => Promise.reject(new Error("disk")) };
  await using server = await serveRegistry({ repositories, log: (event) => events.push(event) });
  const answer = await fetch(`${server.url}/v2/app/tags/list`);
  assertEquals(answer.status, 500);
  assertEquals((await answer.text()).includes("disk"), false);
  assertInstanceOf(events[0]?.error, Error);
});

Deno.test("a client that goes away in the middle is no failure inside", async () => {
  const { promise: logged, resolve } = Promise.withResolvers<RegistryEvent>();
  await using server = await serveRegistry({
    log: (event) => event.method === "PATCH" && resolve(event),
  });
  const begun = await fetch(`${server.url}/v2/app/blobs/uploads/`, { method: "POST" });
  await begun.body?.cancel();
  const path = begun.headers.get("location") ?? "";
  const [hostname = "", port] = server.address.split(":");
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(
    bytesOf(`PATCH ${path} HTTP/1.1\r\nHost: app\r\nContent-Length: 100\r\n\r\nten bytes!`),
  );
  await connection.closeWrite();
  const { status, error } = await logged;
  assertEquals([status, error], [400, undefined]);
});

/** Sends bytes as they are and returns the first line of the answer. */
async function sendRaw(address: string, text: string): Promise<string> {
  const [hostname = "", port] = address.split(":");
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(bytesOf(text));
  const buffer = new Uint8Array(4096);
  const read = await connection.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, read ?? 0)).split("\r\n")[0] ?? "";
}

for (
  const path of [
    "/v2/../../etc/passwd/manifests/x",
    "/v2/app/../../x/manifests/v1",
    "/v2/%2e%2e/%2e%2e/manifests/x",
    "/v2/..%2f..%2fetc/manifests/x",
    "/v2/app/manifests/..%2f..%2f..%2fetc%2fpasswd",
    "/v2/app/blobs/sha256:..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/v2/app/blobs/uploads/..%2f..%2fapp%2findex.json",
    "/v2//app/manifests/x",
    "/v2/app%00/manifests/x",
    "/v2/_uploads/manifests/x",
  ]
) {
  Deno.test(`GET ${path} stays in the registry`, async () => {
    await using directory = await tempDir();
    await using server = await serveRegistry({ directory: directory.path });
    await statusOf(`${server.url}/v2/app/blobs/uploads/?digest=${await digestOf("x")}`, {
      method: "POST",
      body: "x",
    });
    const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    assertMatch(await sendRaw(server.address, request), /^HTTP\/1\.1 40[04] /);
  });
}

Deno.test("a client that goes away in the middle of a push leaves an upload to go on with", async () => {
  await using directory = await tempDir();
  await using server = await serveRegistry({ directory: directory.path });
  const begun = await fetch(`${server.url}/v2/app/blobs/uploads/`, { method: "POST" });
  await begun.body?.cancel();
  const location = begun.headers.get("location") ?? "";
  {
    const [hostname = "", port] = server.address.split(":");
    using connection = await Deno.connect({ hostname, port: Number(port) });
    const head = `PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234`;
    await connection.write(bytesOf(head));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  const asked = await fetch(`${server.url}${location}`);
  assertEquals([asked.status, asked.headers.get("range")], [204, "0-4"]);
  const path = `${server.url}${location}?digest=${await digestOf("0123456789")}`;
  assertEquals(await statusOf(path, { method: "PUT", body: "56789" }), 201);
});

Deno.test("a client that goes away in the middle of a pull costs nothing", async () => {
  await using directory = await tempDir();
  await using server = await serveRegistry({ directory: directory.path });
  const bytes = new Uint8Array(20_000_000);
  const { digestBytes } = await import("../../lib/oci/digest.ts");
  const digest = await digestBytes(bytes);
  await statusOf(`${server.url}/v2/app/blobs/uploads/?digest=${digest}`, {
    method: "POST",
    body: bytes,
  });
  for (let n = 0; n < 5; n++) {
    const response = await fetch(`${server.url}/v2/app/blobs/${digest}`);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
  }
});
