import { assert, assertEquals, assertRejects } from "@std/assert";
import { NetworkError, RegistryError } from "../../lib/errors.ts";
import type { TransportOptions } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import type { Content } from "../../lib/store/content.ts";
import { concat } from "../../lib/stream/concat.ts";
import { cutConnections } from "../support/cutting_proxy.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import {
  contentOf,
  createWorld,
  describe,
  type Described,
  errorAnswer,
  type Handler,
  openApp,
  readBytes,
  type Seen,
  singlePass,
} from "./world.ts";

const MIB = 1024 * 1024;

/** What a registry does with a PATCH instead of keeping it; how many bytes of it are kept. */
interface Mishap {
  readonly keeps: number;
  readonly answer: () => Response;
}

/** A registry that keeps uploads in order, as the specification has it, with mishaps in turn. */
function createUploads(
  mishaps: readonly (Mishap | undefined)[],
  headers: Readonly<Record<string, string>> = {},
): { readonly handler: Handler; readonly stored: () => Uint8Array; readonly pieces: Seen[] } {
  const ahead = [...mishaps];
  const chunks: Uint8Array[] = [];
  const pieces: Seen[] = [];
  const size = () => chunks.reduce((sum, { length }) => sum + length, 0);
  const at = () => ({ location: `/up/${size()}`, range: `0-${Math.max(0, size() - 1)}` });
  const handler: Handler = (request) => {
    const [method] = request.line.split(" ");
    if (method === "POST") chunks.length = 0;
    if (method === "POST") {
      return new Response(null, { status: 202, headers: { ...headers, ...at() } });
    }
    if (method === "GET") return new Response(null, { status: 204, headers: at() });
    if (method === "HEAD") return new Response(null, { status: 404 });
    if (method === "PUT") return new Response(null, { status: 201 });
    if (method !== "PATCH") return new Response(null, { status: 204 });
    pieces.push(request);
    const start = Number(request.headers.get("content-range")?.split("-")[0] ?? size());
    if (start !== size()) return errorAnswer(416, "RANGE_INVALID", "", at());
    const mishap = ahead.shift();
    chunks.push(request.body.subarray(0, mishap?.keeps ?? request.body.length));
    return mishap?.answer() ?? new Response(null, { status: 202, headers: at() });
  };
  return { handler, stored: () => concat(chunks), pieces };
}

function gone(): Response {
  throw new TypeError("fetch failed", { cause: new Error("connection reset by peer") });
}

function noise(size: number): Promise<Described> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, size)));
  }
  return describe(bytes);
}

/** Content that comes once, a MiB at a time. */
function inChunks(blob: Described): Content {
  const count = Math.ceil(blob.bytes.length / MIB);
  const chunks = Array.from(
    { length: count },
    (_, at) => blob.bytes.subarray(at * MIB, (at + 1) * MIB),
  );
  return singlePass(blob, ReadableStream.from(chunks));
}

for (const isSinglePass of [false, true]) {
  const kind = isSinglePass ? "single-pass" : "replayable";

  Deno.test(`a ${kind} upload goes on where the connection broke`, async () => {
    const blob = await noise(5 * MIB);
    const { handler, stored, pieces } = createUploads([{ keeps: 3 * MIB, answer: gone }]);
    const world = createWorld(handler);
    const content = isSinglePass ? singlePass(blob) : contentOf(blob);
    await openApp(world).write(content);
    assertEquals(stored(), blob.bytes);
    const methods = world.seen.map(({ line }) => line.split(" ")[0]).join(" ");
    assertEquals(methods, "POST PATCH GET PATCH PUT");
    assertEquals(pieces[1]?.body.length, 2 * MIB);
    assertEquals(pieces[1]?.headers.get("content-range"), `${3 * MIB}-${5 * MIB - 1}`);
  });

  Deno.test(`a ${kind} upload that arrived whole is only closed`, async () => {
    const blob = await noise(2 * MIB);
    const { handler, stored, pieces } = createUploads([{ keeps: 2 * MIB, answer: gone }]);
    await openApp(createWorld(handler)).write(isSinglePass ? singlePass(blob) : contentOf(blob));
    assertEquals(stored(), blob.bytes);
    assertEquals(pieces.length, 1);
  });

  Deno.test(`a ${kind} upload that is too large for one request goes in pieces`, async () => {
    const blob = await noise(36 * MIB);
    const tooLarge = () => new Response("too large", { status: 413 });
    const { handler, stored, pieces } = createUploads([{ keeps: 0, answer: tooLarge }]);
    const content = isSinglePass ? inChunks(blob) : contentOf(blob);
    const writing = openApp(createWorld(handler)).write(content);
    if (isSinglePass) return void await assertRejects(() => writing, RegistryError, "413");
    await writing;
    assertEquals(stored(), blob.bytes);
    assertEquals(pieces.slice(1).map(({ body }) => body.length / MIB), [16, 16, 4]);
  });

  Deno.test(`a ${kind} upload goes on with the next token when one ends`, async () => {
    const blob = await noise(3 * MIB);
    const refuse = () => errorAnswer(401, "UNAUTHORIZED");
    const { handler, stored } = createUploads([{ keeps: 0, answer: refuse }]);
    await openApp(createWorld(handler)).write(isSinglePass ? singlePass(blob) : contentOf(blob));
    assertEquals(stored(), blob.bytes);
  });
}

Deno.test("what opens again is not held, though its digest is known at its end only", async () => {
  const blob = await noise(36 * MIB);
  const tooLarge = () => new Response("too large", { status: 413 });
  const { handler, stored, pieces } = createUploads([
    { keeps: 0, answer: tooLarge },
    { keeps: 5 * MIB, answer: gone },
  ]);
  let opened = 0;
  const content: Content = {
    ...singlePass(blob),
    replayable: true,
    open() {
      opened++;
      return inChunks(blob).open();
    },
  };
  await openApp(createWorld(handler)).write(content);
  assertEquals(stored(), blob.bytes);
  assertEquals(pieces.slice(1).map(({ body }) => body.length / MIB), [16, 16, 15]);
  assert(opened > 1, `opened ${opened} times`);
});

Deno.test("pieces have their range and length, and are no shorter than the registry asks", async () => {
  const blob = await noise(7 * MIB + 1);
  for (
    const { asks, wants, lengths } of [
      { asks: "0", wants: 2 * MIB, lengths: [2 * MIB, 2 * MIB, 2 * MIB, MIB + 1] },
      { asks: String(3 * MIB), wants: 2 * MIB, lengths: [3 * MIB, 3 * MIB, MIB + 1] },
      { asks: "1e99", wants: 4 * MIB, lengths: [4 * MIB, 3 * MIB + 1] },
      { asks: "-5", wants: 4 * MIB, lengths: [4 * MIB, 3 * MIB + 1] },
    ]
  ) {
    for (const content of [contentOf(blob), singlePass(blob)]) {
      const { handler, stored, pieces } = createUploads([], { "oci-chunk-min-length": asks });
      await openApp(createWorld(handler), { uploadPieceBytes: wants }).write(content);
      assertEquals(stored(), blob.bytes);
      assertEquals(pieces.map(({ body }) => body.length), lengths);
      let start = 0;
      for (const { headers, body } of pieces) {
        assertEquals(headers.get("content-range"), `${start}-${start + body.length - 1}`);
        start += body.length;
      }
    }
  }
});

Deno.test("after a failure too, pieces are as long as the registry asks", async () => {
  const blob = await noise(25 * MIB);
  const headers = { "oci-chunk-min-length": String(20 * MIB) };
  const { handler, stored, pieces } = createUploads([{ keeps: MIB, answer: gone }], headers);
  await openApp(createWorld(handler)).write(contentOf(blob));
  assertEquals(stored(), blob.bytes);
  assertEquals(pieces.slice(1).map(({ body }) => body.length / MIB), [20, 4]);
});

Deno.test("a registry that kept a part of a piece is sent the rest", async () => {
  const blob = await noise(6 * MIB);
  const part: Mishap = {
    keeps: MIB,
    answer: () => new Response(null, { status: 202, headers: { range: `0-${MIB - 1}` } }),
  };
  for (const content of [contentOf(blob), singlePass(blob)]) {
    const { handler, stored } = createUploads([part]);
    await openApp(createWorld(handler), { uploadPieceBytes: 2 * MIB }).write(content);
    assertEquals(stored(), blob.bytes);
  }
});

Deno.test("416 in the middle is asked about, and gone on with", async () => {
  const blob = await noise(6 * MIB);
  const late: Mishap = { keeps: MIB, answer: () => errorAnswer(416, "RANGE_INVALID") };
  for (const content of [contentOf(blob), singlePass(blob)]) {
    const { handler, stored } = createUploads([undefined, late]);
    await openApp(createWorld(handler), { uploadPieceBytes: 2 * MIB }).write(content);
    assertEquals(stored(), blob.bytes);
  }
});

Deno.test("a single byte that is acknowledged as 0-0 is not sent twice", async () => {
  const blob = await describe("x");
  const { handler, stored, pieces } = createUploads([]);
  await openApp(createWorld(handler), { uploadPieceBytes: 4 }).write(singlePass(blob));
  assertEquals([stored(), pieces.length], [blob.bytes, 1]);
});

Deno.test("an upload that breaks without progress is given up, and its session with it", async () => {
  const blob = await noise(3 * MIB);
  const { handler } = createUploads(Array(50).fill({ keeps: 0, answer: gone }));
  const world = createWorld(handler);
  const options: TransportOptions = { retry: { attempts: 3 } };
  for (const content of [contentOf(blob), singlePass(blob)]) {
    await assertRejects(() => openApp(world, options).write(content), NetworkError, "reset");
    assert(world.seen.at(-1)?.line.startsWith("DELETE"));
  }
  const patches = world.lines.filter((line) => line.startsWith("PATCH"));
  assert(patches.length <= 6, `${patches.length}`);
});

Deno.test("an upload that breaks off again and again goes on as long as it comes further", async () => {
  const blob = await noise(24 * MIB);
  const { handler, stored } = createUploads(Array(10).fill({ keeps: 2 * MIB, answer: gone }));
  const options: TransportOptions = { retry: { attempts: 2 } };
  await openApp(createWorld(handler), options).write(contentOf(blob));
  assertEquals(stored(), blob.bytes);
});

Deno.test("a single-pass upload is begun again while its beginning is at hand", async () => {
  const blob = await noise(3 * MIB);
  let lost = 0;
  const { handler, stored } = createUploads([{ keeps: MIB, answer: gone }]);
  const world = createWorld((request, count) =>
    request.line.startsWith("GET") && lost++ === 0
      ? errorAnswer(404, "BLOB_UPLOAD_UNKNOWN")
      : handler(request, count)
  );
  await openApp(world).write(singlePass(blob));
  assertEquals(stored(), blob.bytes);
});

Deno.test("single-pass content that is no longer at hand fails with what broke it", async () => {
  const blob = await noise(36 * MIB);
  const { handler } = createUploads([{ keeps: MIB, answer: gone }]);
  const content = inChunks(blob);
  const world = createWorld(handler);
  await assertRejects(() => openApp(world).write(content), NetworkError, "connection was reset");
  assert(world.seen.at(-1)?.line.startsWith("DELETE"));
});

for (const isSinglePass of [false, true]) {
  const kind = isSinglePass ? "single-pass" : "replayable";
  Deno.test(`a ${kind} upload survives real connections that are cut`, async () => {
    const blob = await noise(24 * MIB);
    await using server = await serveRegistry();
    await using proxy = cutConnections(server.address, [7 * MIB, 19 * MIB]);
    using transport = new Transport({ retry: { baseMs: 20 } });
    const name = { registry: proxy.address, repository: "app" };
    await using app = new Repository(name, { transport });
    await app.write(isSinglePass ? singlePass(blob) : contentOf(blob));
    assertEquals(await readBytes(await app.fetch(blob.descriptor)), blob.bytes);
    assertEquals(proxy.cuts(), 2);
    assert(proxy.sent() < 42 * MIB, `${proxy.sent()}`);
  });
}
