import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  DigestMismatchError,
  DocumentError,
  LimitExceededError,
  NotFoundError,
  RegistryError,
  SizeMismatchError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import {
  createWorld,
  describe,
  type Described,
  describeManifest,
  errorAnswer,
  openApp,
  readBytes,
} from "./world.ts";

function answer(
  { bytes, descriptor }: Described,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(bytes, {
    headers: {
      "content-type": descriptor.mediaType,
      "content-length": `${bytes.length}`,
      "docker-content-digest": descriptor.digest,
      ...headers,
    },
  });
}

Deno.test("resolve() asks by HEAD, with every type that is understood", async () => {
  const manifest = await describeManifest();
  const world = createWorld(() => answer(manifest));
  assertEquals(await openApp(world).resolve("v1"), manifest.descriptor);
  assertEquals(world.lines, ["HEAD /v2/app/manifests/v1"]);
  const accept = world.seen[0]?.headers.get("accept") ?? "";
  for (const type of [MEDIA_TYPE.ociIndex, MEDIA_TYPE.dockerIndex, MEDIA_TYPE.dockerManifest]) {
    assert(accept.includes(type));
  }
});

const HEADS: readonly { readonly why: string; readonly headers: Record<string, string> }[] = [
  { why: "no type", headers: { "content-type": "text/plain" } },
  { why: "no digest", headers: { "docker-content-digest": "" } },
  { why: "a digest that is none", headers: { "docker-content-digest": "sha256:../../x" } },
  { why: "no length", headers: { "content-length": "" } },
  { why: "a length of 0", headers: { "content-length": "0" } },
];

for (const { why, headers } of HEADS) {
  Deno.test(`resolve() falls back to GET when HEAD gives ${why}`, async () => {
    const manifest = await describeManifest();
    const world = createWorld(({ line }) =>
      answer(manifest, line.startsWith("HEAD") ? headers : { "docker-content-digest": "" })
    );
    assertEquals(await openApp(world).resolve("v1"), manifest.descriptor);
    assertEquals(world.lines, ["HEAD /v2/app/manifests/v1", "GET /v2/app/manifests/v1"]);
  });
}

Deno.test("resolve() falls back to GET when HEAD is refused", async () => {
  const manifest = await describeManifest();
  const world = createWorld(({ line }) =>
    line.startsWith("HEAD") ? new Response(null, { status: 405 }) : answer(manifest)
  );
  assertEquals(await openApp(world).resolve("v1"), manifest.descriptor);
});

Deno.test("resolve() of a digest does not believe a HEAD that names another", async () => {
  const manifest = await describeManifest();
  const other = await describeManifest("other");
  const world = createWorld(({ line }) => answer(line.startsWith("HEAD") ? other : manifest));
  assertEquals(await openApp(world).resolve(manifest.descriptor.digest), manifest.descriptor);
});

Deno.test("resolve() of what is not there says so", async () => {
  const world = createWorld(() => errorAnswer(404, "MANIFEST_UNKNOWN", "no such"));
  const app = openApp(world);
  const error = await assertRejects(
    () => app.resolve("v1"),
    NotFoundError,
    'Cannot find tag "v1" in "registry.example/app"',
  );
  assert(error.cause instanceof RegistryError);
  assertEquals(error.cause.errorCodes, ["MANIFEST_UNKNOWN"]);
});

for (const name of ["", "-x", "a/b", "..", "x".repeat(129), "sha256:abc", "a?b", "a b", "%2e"]) {
  Deno.test(`"${name.slice(0, 20)}" is no name and makes no request`, async () => {
    const world = createWorld(() => new Response());
    await assertRejects(() => openApp(world).resolve(name), SyntaxError, "Cannot name");
    await assertRejects(() => openApp(world).open(name), SyntaxError);
    await assertRejects(() => openApp(world).delete(name), SyntaxError);
    assertEquals(world.lines, []);
  });
}

Deno.test("open() takes one request, whatever moves the tag meanwhile", async () => {
  const manifest = await describeManifest();
  const world = createWorld(() => answer(manifest));
  const view = await openApp(world).open("v1");
  assertEquals(view.kind, "image");
  assert(view.kind === "image");
  assertEquals(await view.manifest(), manifest.bytes);
  assertEquals(await view.descriptor(), manifest.descriptor);
  assertEquals(world.lines, ["GET /v2/app/manifests/v1"]);
});

Deno.test("open() of a tag ignores a wrong digest in the answer: the bytes count", async () => {
  const manifest = await describeManifest();
  const headers = { "docker-content-digest": `sha256:${"0".repeat(64)}` };
  const view = await openApp(createWorld(() => answer(manifest, headers))).open("v1");
  assertEquals(await view.descriptor(), manifest.descriptor);
});

Deno.test("open() of a digest refuses other bytes", async () => {
  const manifest = await describeManifest();
  const other = await describeManifest("other");
  const app = openApp(createWorld(() => answer(other)));
  const { expected, actual } = await assertRejects(
    () => app.open(manifest.descriptor.digest),
    DigestMismatchError,
  );
  assertEquals([expected, actual], [manifest.descriptor.digest, other.descriptor.digest]);
});

for (const type of [`${MEDIA_TYPE.ociManifest}; charset=utf-8`, "application/json", ""]) {
  Deno.test(`open() reads a manifest sent as "${type}"`, async () => {
    const manifest = await describeManifest();
    const app = openApp(createWorld(() => answer(manifest, { "content-type": type })));
    assertEquals((await (await app.open("v1")).descriptor()).mediaType, MEDIA_TYPE.ociManifest);
  });
}

Deno.test("open() tells an index by its content when the answer does not say", async () => {
  const index = await describe(JSON.stringify({ schemaVersion: 2, manifests: [] }), "text/plain");
  const view = await openApp(createWorld(() => answer(index))).open("v1");
  assertEquals(view.kind, "index");
});

Deno.test("open() refuses what is no manifest", async () => {
  for (const text of ["<html></html>", "{}", "null", '{"mediaType":"text/plain"}']) {
    const page = await describe(text, "text/html");
    await assertRejects(() => openApp(createWorld(() => answer(page))).open("v1"), DocumentError);
  }
});

Deno.test("open() refuses a document that could be read as another kind", async () => {
  const manifest = await describeManifest();
  const confused = {
    ...manifest,
    descriptor: { ...manifest.descriptor, mediaType: MEDIA_TYPE.ociIndex },
  };
  const view = await openApp(createWorld(() => answer(confused))).open("v1");
  assert(view.kind === "index");
  await assertRejects(() => view.children(), DocumentError);
});

Deno.test("open() refuses a schema 1 manifest by name", async () => {
  const old = await describe('{"schemaVersion":1,"fsLayers":[]}', "text/plain");
  const app = openApp(createWorld(() => answer(old)));
  await assertRejects(() => app.open("v1"), UnsupportedError, "schema 1");
});

Deno.test("a manifest of more than 4 MiB is refused, announced or not", async () => {
  const world = createWorld(() => new Response(new Uint8Array(4 * 1024 * 1024 + 1)));
  await assertRejects(() => openApp(world).open("v1"), LimitExceededError, "4194304");
  const { descriptor } = await describeManifest();
  const huge = { ...descriptor, size: 4 * 1024 * 1024 + 1 };
  await assertRejects(() => openApp(world).fetch(huge), LimitExceededError, "4194304");
});

Deno.test("fetch() gives the bytes of a blob, undecoded", async () => {
  const blob = await describe("hello");
  const world = createWorld(() => answer(blob));
  assertEquals(await readBytes(await openApp(world).fetch(blob.descriptor)), blob.bytes);
  assertEquals(world.lines, [`GET /v2/app/blobs/${blob.descriptor.digest}`]);
  assertEquals(world.seen[0]?.headers.get("accept-encoding"), "identity");
});

Deno.test("fetch() refuses an announced size that is wrong before it reads a byte", async () => {
  const blob = await describe("hello");
  let cancelled = false;
  const body = new ReadableStream({ pull() {}, cancel: () => void (cancelled = true) });
  const world = createWorld(() => new Response(body, { headers: { "content-length": "6" } }));
  await assertRejects(() => openApp(world).fetch(blob.descriptor), SizeMismatchError);
  assertEquals(cancelled, true);
});

for (
  const { sent, expected } of [
    { sent: "hell", expected: SizeMismatchError },
    { sent: "hello!", expected: SizeMismatchError },
    { sent: "hallo", expected: DigestMismatchError },
    { sent: "", expected: SizeMismatchError },
  ]
) {
  Deno.test(`fetch() fails when "hello" arrives as "${sent}"`, async () => {
    const blob = await describe("hello");
    const world = createWorld(() =>
      new Response(ReadableStream.from([new TextEncoder().encode(sent)]))
    );
    const stream = await openApp(world).fetch(blob.descriptor);
    await assertRejects<Error>(() => readBytes(stream), expected);
  });
}

Deno.test("fetch() asks a manifest where manifests are, by its digest", async () => {
  const manifest = await describeManifest();
  const world = createWorld(() => answer(manifest));
  assertEquals(await readBytes(await openApp(world).fetch(manifest.descriptor)), manifest.bytes);
  assertEquals(world.lines, [`GET /v2/app/manifests/${manifest.descriptor.digest}`]);
  assert(world.seen[0]?.headers.get("accept")?.startsWith(MEDIA_TYPE.ociManifest));
});

Deno.test("fetch() uses embedded data without a request, when it is what it should be", async () => {
  const blob = await describe("hello");
  const world = createWorld(() => answer(blob));
  const app = openApp(world);
  const data = blob.bytes.toBase64();
  assertEquals(await readBytes(await app.fetch({ ...blob.descriptor, data })), blob.bytes);
  assertEquals(world.lines.length, 0);
  for (const data of ["not base64!", btoa("hallo"), btoa("hello, world")]) {
    assertEquals(await readBytes(await app.fetch({ ...blob.descriptor, data })), blob.bytes);
  }
  assertEquals(world.lines.length, 3);
});

Deno.test("fetch() from an offset asks for the range", async () => {
  const blob = await describe("hello");
  const world = createWorld(() =>
    new Response("lo", { status: 206, headers: { "content-range": "bytes 3-4/5" } })
  );
  const stream = await openApp(world).fetch(blob.descriptor, { offset: 3 });
  assertEquals(await new Response(stream).text(), "lo");
  assertEquals(world.seen[0]?.headers.get("range"), "bytes=3-4");
});

Deno.test("fetch() from an offset copes with a registry that knows no ranges", async () => {
  const blob = await describe("hello");
  for (const offset of [1, 3]) {
    const pieces = ["he", "ll", "o"].map((text) => new TextEncoder().encode(text));
    const world = createWorld(() => new Response(ReadableStream.from(pieces)));
    const stream = await openApp(world).fetch(blob.descriptor, { offset });
    assertEquals(await new Response(stream).text(), "hello".slice(offset));
  }
});

Deno.test("fetch() from the end gives nothing and asks nothing", async () => {
  const blob = await describe("hello");
  const world = createWorld(() => answer(blob));
  const stream = await openApp(world).fetch(blob.descriptor, { offset: 5 });
  assertEquals((await readBytes(stream)).length, 0);
  assertEquals(world.lines.length, 0);
});

for (const offset of [-1, 6, 0.5, NaN]) {
  Deno.test(`fetch() of 5 bytes refuses offset ${offset}`, async () => {
    const blob = await describe("hello");
    const app = openApp(createWorld(() => answer(blob)));
    await assertRejects(() => app.fetch(blob.descriptor, { offset }), RangeError);
  });
}

for (
  const { range, says } of [
    { range: "bytes 2-4/5", says: "expected bytes 3-4" },
    { range: "bytes 3-3/5", says: "expected bytes 3-4" },
    { range: "bytes */5", says: "expected bytes 3-4" },
    { range: "bytes 3-4/9", says: "expected 5 bytes" },
    { range: "", says: "expected bytes 3-4" },
  ]
) {
  Deno.test(`fetch() refuses a 206 with Content-Range "${range}"`, async () => {
    const blob = await describe("hello");
    const world = createWorld(() =>
      new Response("lo", { status: 206, headers: { "content-range": range } })
    );
    const app = openApp(world);
    await assertRejects(() => app.fetch(blob.descriptor, { offset: 3 }), Error, says);
  });
}

Deno.test("fetch() of what is not there says what and where", async () => {
  const blob = await describe("hello");
  const app = openApp(createWorld(() => errorAnswer(404, "BLOB_UNKNOWN")));
  const failing = () => app.fetch(blob.descriptor);
  const { kind, subject } = await assertRejects(failing, NotFoundError, "registry.example/app");
  assertEquals([kind, subject], ["blob", blob.descriptor.digest]);
});

Deno.test("a foreign layer comes from the registry, else from its URLs, anonymously", async () => {
  const blob = await describe("hello", MEDIA_TYPE.dockerForeignLayerGzip);
  const urls = ["https://gone.example/layer", "https://cdn.example/layer"];
  const world = createWorld({
    "https://registry.example": ({ headers }) =>
      headers.has("authorization")
        ? errorAnswer(404, "BLOB_UNKNOWN")
        : new Response(null, { status: 401, headers: { "www-authenticate": "Basic realm=x" } }),
    "https://cdn.example": () => answer(blob),
  });
  const keychain = { credentials: () => Promise.resolve({ username: "me", password: "secret" }) };
  const app = openApp(world, { keychain, retry: { attempts: 1 } });
  const stream = await app.fetch({ ...blob.descriptor, urls });
  assertEquals(await readBytes(stream), blob.bytes);
  assertEquals(world.seen.at(-1)?.headers.get("authorization"), null);
});

for (
  const url of [
    "http://cdn.example/layer",
    "https://169.254.169.254/layer",
    "file:///etc/passwd",
    "https://127.0.0.1/layer",
  ]
) {
  Deno.test(`a foreign layer is not fetched from ${url}`, async () => {
    const blob = await describe("hello", MEDIA_TYPE.dockerForeignLayerGzip);
    const world = createWorld(() => errorAnswer(404, "BLOB_UNKNOWN"));
    const app = openApp(world);
    await assertRejects(
      () => app.fetch({ ...blob.descriptor, urls: [url] }),
      Error,
      "Cannot follow the address",
    );
    assertEquals(world.lines.length, 1);
  });
}

Deno.test("has() is true, false, or an error that is not about absence", async () => {
  const blob = await describe("hello");
  const length = { "content-length": "5" };
  for (
    const { status, headers, expected } of [
      { status: 200, headers: length, expected: true },
      { status: 200, headers: {}, expected: true },
      { status: 200, headers: { "content-length": "4" }, expected: false },
      { status: 404, headers: {}, expected: false },
      { status: 403, headers: {}, expected: false },
    ]
  ) {
    const world = createWorld(() => new Response(null, { status, headers }));
    assertEquals(await openApp(world).has(blob.descriptor), expected, `${status}`);
  }
  const world = createWorld(() => new Response(null, { status: 500 }));
  await assertRejects(() => openApp(world).has(blob.descriptor), RegistryError, "500");
});

Deno.test("a signal that has fired stops every call before a request", async () => {
  const { bytes, descriptor } = await describe("hello");
  const world = createWorld(() => new Response(bytes));
  const app = openApp(world);
  const signal = AbortSignal.abort(new Error("enough"));
  for (
    const call of [
      () => app.resolve("v1", { signal }),
      () => app.open("v1", { signal }),
      () => app.fetch(descriptor, { signal }),
      () => app.has(descriptor, { signal }),
      () => app.delete("v1", { signal }),
      () => Array.fromAsync(app.names({ signal })),
    ]
  ) await assertRejects<Error>(call, Error, "enough");
  assertEquals(world.lines, []);
});
