import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ConsumedError,
  DigestMismatchError,
  NotFoundError,
  RegistryError,
  SizeMismatchError,
  UnauthorizedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { bytesContent, type Content } from "../../lib/store/content.ts";
import {
  contentOf,
  createWorld,
  describe,
  type Described,
  describeManifest,
  errorAnswer,
  openApp,
  singlePass,
  upload,
} from "./world.ts";

const BIG = 1024 * 1024 + 1;

function big(): Promise<Described> {
  return describe(new Uint8Array(BIG).fill(7));
}

Deno.test("a small blob goes out in two requests, with its length", async () => {
  const blob = await describe("hello");
  const world = createWorld(upload);
  assertEquals(await openApp(world).write(contentOf(blob)), blob.descriptor);
  const { digest } = blob.descriptor;
  assertEquals(world.lines, [
    "POST /v2/app/blobs/uploads/",
    `PUT /up?_state=a%2Bb&digest=${encodeURIComponent(digest)}`,
  ]);
  assertEquals(world.seen[1]?.body, blob.bytes);
});

Deno.test("an empty blob goes out", async () => {
  const blob = await describe("");
  const world = createWorld(upload);
  assertEquals(await openApp(world).write(contentOf(blob)), blob.descriptor);
  assertEquals(world.lines.length, 2);
});

Deno.test("a large blob is streamed, then closed with its digest", async () => {
  const blob = await big();
  const world = createWorld(upload);
  await openApp(world).write(contentOf(blob));
  assertEquals(world.lines, [
    "POST /v2/app/blobs/uploads/",
    "PATCH /up?_state=a%2Bb",
    `PUT /up/2?_state=c&x=y&digest=${encodeURIComponent(blob.descriptor.digest)}`,
  ]);
  assertEquals(world.seen[1]?.body, blob.bytes);
  assertEquals(world.seen[1]?.headers.get("content-type"), "application/octet-stream");
});

Deno.test("single-pass content is streamed, and its digest asked for afterwards", async () => {
  const blob = await describe("hello");
  const world = createWorld(upload);
  const content = singlePass(blob);
  assertEquals(await openApp(world).write(content), blob.descriptor);
  assertEquals(world.seen.map(({ line }) => line.split(" ")[0]), ["POST", "PATCH", "PUT"]);
  assert(world.lines[2]?.endsWith(encodeURIComponent(blob.descriptor.digest)));
});

Deno.test("a PATCH that names no next location is closed where it was", async () => {
  const world = createWorld((request) =>
    request.line.startsWith("PATCH") ? new Response(null, { status: 202 }) : upload(request)
  );
  await openApp(world).write(singlePass(await describe("hello")));
  assert(world.lines[2]?.startsWith("PUT /up?_state=a%2Bb&digest="));
});

Deno.test("an upload without a location is a clear error", async () => {
  for (const location of [null, "http://[bad"]) {
    const headers: HeadersInit = location === null ? {} : { location };
    const world = createWorld(() => new Response(null, { status: 202, headers }));
    await assertRejects(
      async () => openApp(world).write(singlePass(await describe("hello"))),
      RegistryError,
      'expected a "Location"',
    );
  }
});

Deno.test("a source that fails is what the user sees, and the upload is cancelled", async () => {
  const failing = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error("disk on fire"));
      },
    });
  const world = createWorld(upload);
  const content = singlePass(await describe("hello"), failing());
  await assertRejects(() => openApp(world).write(content), Error, "disk on fire");
  assertEquals(world.lines.at(-1), "DELETE /up?_state=a%2Bb");
});

Deno.test("content that is not what its descriptor says never gets its digest", async () => {
  const blob = await big();
  for (
    const { bytes, expected } of [
      { bytes: new Uint8Array(BIG).fill(8), expected: DigestMismatchError },
      { bytes: new Uint8Array(BIG - 1), expected: SizeMismatchError },
      { bytes: new Uint8Array(BIG + 1), expected: SizeMismatchError },
    ]
  ) {
    const world = createWorld(upload);
    const wrong = bytesContent(bytes, blob.descriptor);
    await assertRejects<Error>(() => openApp(world).write(wrong), expected);
    assertEquals(world.lines.some((line) => line.startsWith("PUT")), false);
    assertEquals(world.lines.at(-1), "DELETE /up?_state=a%2Bb");
  }
  const small = await describe("hello");
  const world = createWorld(upload);
  const wrong = bytesContent(new TextEncoder().encode("hallo"), small.descriptor);
  await assertRejects(() => openApp(world).write(wrong), DigestMismatchError);
  assertEquals(world.lines, []);
});

Deno.test("a registry that stored something else is not believed", async () => {
  const other = `sha256:${"0".repeat(64)}`;
  const world = createWorld((request) =>
    request.line.startsWith("PUT")
      ? new Response(null, { status: 201, headers: { "docker-content-digest": other } })
      : upload(request)
  );
  await assertRejects(
    async () => openApp(world).write(contentOf(await describe("hello"))),
    DigestMismatchError,
  );
});

for (const size of [5, BIG]) {
  Deno.test(`a replayable upload of ${size} bytes is repeated from the start`, async () => {
    const blob = await describe(new Uint8Array(size));
    let failures = 0;
    const world = createWorld((request) =>
      /^P(ATCH|UT)/.test(request.line) && failures++ < 2
        ? errorAnswer(503, "UNAVAILABLE")
        : upload(request)
    );
    assertEquals(await openApp(world).write(contentOf(blob)), blob.descriptor);
    const methods = world.seen.map(({ line }) => line.split(" ")[0]).join(" ");
    const [send, ask, close] = size === BIG ? ["PATCH", " GET", " PUT"] : ["PUT", "", ""];
    const failed = `POST ${send}${ask} DELETE HEAD`;
    assertEquals(methods, `${failed} ${failed} POST ${send}${close}`);
  });
}

Deno.test("a repeated upload stops when the blob turns out to be there", async () => {
  const blob = await big();
  const world = createWorld((request) => {
    if (request.line.startsWith("HEAD")) return new Response(null, { status: 200 });
    return request.line.startsWith("PATCH") ? errorAnswer(503, "UNAVAILABLE") : upload(request);
  });
  assertEquals(await openApp(world).write(contentOf(blob)), blob.descriptor);
  assertEquals(world.seen.map(({ line }) => line.split(" ")[0]), [
    "POST",
    "PATCH",
    "GET",
    "DELETE",
    "HEAD",
  ]);
});

Deno.test("a single-pass upload that cannot go on fails with its first error", async () => {
  const blob = await describe("hello");
  let opened = 0;
  const content: Content = {
    ...singlePass(blob),
    open() {
      if (opened++ > 0) throw new ConsumedError("the layer");
      return Promise.resolve(new Blob([blob.bytes]).stream());
    },
  };
  const world = createWorld((request) =>
    request.line.startsWith("PATCH") ? errorAnswer(503, "UNAVAILABLE", "busy") : upload(request)
  );
  await assertRejects(() => openApp(world).write(content), RegistryError, "busy");
  assertEquals(opened, 1);
  const methods = world.seen.map(({ line }) => line.split(" ")[0]).join(" ");
  assertEquals(methods, Array(4).fill("POST PATCH GET DELETE").join(" "));
});

Deno.test("closing an upload is repeated, and believed when the answer was lost", async () => {
  const blob = await describe("hello");
  let closed = 0;
  const world = createWorld((request) => {
    if (request.line.startsWith("HEAD")) return new Response(null, { status: 200 });
    if (!request.line.startsWith("PUT")) return upload(request);
    closed++;
    return closed === 1 ? errorAnswer(502, "BAD") : errorAnswer(404, "BLOB_UPLOAD_UNKNOWN");
  });
  assertEquals(await openApp(world).write(singlePass(blob)), blob.descriptor);
  assertEquals(world.seen.map(({ line }) => line.split(" ")[0]), [
    "POST",
    "PATCH",
    "PUT",
    "PUT",
    "HEAD",
  ]);
});

Deno.test("an upload that is gone fails with that, not with the failure to look for the blob", async () => {
  const blob = await big();
  const world = createWorld((request) => {
    if (request.line.startsWith("PUT")) return errorAnswer(404, "BLOB_UPLOAD_UNKNOWN", "gone");
    if (request.line.startsWith("HEAD")) return errorAnswer(500, "UNKNOWN");
    return upload(request);
  });
  const writing = openApp(world, { retry: { attempts: 2 } }).write(contentOf(blob));
  const error = await assertRejects(() => writing, RegistryError, "BLOB_UPLOAD_UNKNOWN: gone");
  assertEquals(error.status, 404);
  assertEquals(world.lines.filter((line) => line.startsWith("POST")).length, 1);
});

Deno.test("a refused upload says what the registry said", async () => {
  const world = createWorld(() => errorAnswer(400, "NAME_INVALID", "invalid repository name"));
  const { errorCodes, status } = await assertRejects(
    async () => openApp(world).write(contentOf(await describe("hello"))),
    RegistryError,
    'Cannot POST "https://registry.example/v2/app/blobs/uploads/": expected 202, got 400 ' +
      "NAME_INVALID: invalid repository name",
  );
  assertEquals([errorCodes, status], [["NAME_INVALID"], 400]);
});

Deno.test("of 50 uploads at once one that is refused fails alone, and nothing hangs", async () => {
  const blobs = await Promise.all(Array.from({ length: 50 }, (_, at) => describe(`blob ${at}`)));
  const bad = encodeURIComponent(blobs[17]?.descriptor.digest ?? "");
  const world = createWorld((request) =>
    request.line.endsWith(bad) ? errorAnswer(403, "DENIED", "not this one") : upload(request)
  );
  const app = openApp(world);
  const results = await Promise.allSettled(blobs.map((blob) => app.write(contentOf(blob))));
  const failed = results.filter((result) => result.status === "rejected");
  assertEquals(failed.length, 1);
  assert(failed[0]?.reason instanceof UnauthorizedError);
});

for (const size of [5, BIG]) {
  Deno.test(`a signal is heard while ${size} bytes are being opened, and gives them back`, async () => {
    const { promise: opening, resolve: open } = Promise.withResolvers<ReadableStream<Uint8Array>>();
    const { promise: cancelled, resolve: cancel } = Promise.withResolvers<unknown>();
    const controller = new AbortController();
    const content = { ...contentOf(await describe(new Uint8Array(size))), open: () => opening };
    const writing = openApp(createWorld(upload)).write(content, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 5);
    await assertRejects(() => writing, Error, "enough");
    open(new ReadableStream({ cancel }));
    assertEquals(await cancelled, controller.signal.reason);
  });
}

Deno.test("a manifest is written under each of its names, verbatim", async () => {
  const manifest = await describeManifest();
  const world = createWorld(() => new Response(null, { status: 201 }));
  const written = await openApp(world).write(contentOf(manifest), { names: ["v1", "latest"] });
  assertEquals(written, manifest.descriptor);
  assertEquals(world.lines, ["PUT /v2/app/manifests/v1", "PUT /v2/app/manifests/latest"]);
  for (const { body, headers } of world.seen) {
    assertEquals(body, manifest.bytes);
    assertEquals(headers.get("content-type"), manifest.descriptor.mediaType);
  }
});

for (const options of [{}, { names: [] }]) {
  Deno.test(`a manifest with ${JSON.stringify(options)} is written by digest`, async () => {
    const manifest = await describeManifest();
    const world = createWorld(() => new Response(null, { status: 201 }));
    await openApp(world).write(contentOf(manifest), options);
    assertEquals(world.lines, [`PUT /v2/app/manifests/${manifest.descriptor.digest}`]);
  });
}

Deno.test("a manifest that is refused once for a while is written in the end", async () => {
  const manifest = await describeManifest();
  const world = createWorld((_, count) =>
    count === 1 ? errorAnswer(500, "UNKNOWN") : new Response(null, { status: 201 })
  );
  await openApp(world).write(contentOf(manifest), { names: ["v1"] });
  assertEquals(world.lines.length, 2);
});

Deno.test("a manifest that the registry stored as something else is an error", async () => {
  const manifest = await describeManifest();
  const other = await describeManifest("other");
  const headers = { "docker-content-digest": other.descriptor.digest };
  const app = openApp(createWorld(() => new Response(null, { status: 201, headers })));
  await assertRejects(() => app.write(contentOf(manifest)), DigestMismatchError);
});

Deno.test("a manifest that is not what its descriptor says is not sent", async () => {
  const manifest = await describeManifest();
  const other = await describeManifest("other");
  const world = createWorld(() => new Response(null, { status: 201 }));
  const wrong = bytesContent(other.bytes, manifest.descriptor);
  await assertRejects(() => openApp(world).write(wrong), DigestMismatchError);
  assertEquals(world.lines, []);
});

Deno.test("delete() removes a tag or a digest, and says what cannot be removed", async () => {
  const { descriptor: { digest } } = await describeManifest();
  const answers = (status: number) => openApp(createWorld(() => new Response(null, { status })));
  for (const status of [200, 202, 204]) await answers(status).delete("v1");
  await assertRejects(() => answers(404).delete("v1"), NotFoundError, 'tag "v1"');
  await assertRejects(() => answers(404).delete(digest), NotFoundError, "manifest");
  await assertRejects(() => answers(405).delete(digest), UnsupportedError, "switched off");
  await assertRejects(() => answers(400).delete("v1"), UnsupportedError, "its digest instead");
});
