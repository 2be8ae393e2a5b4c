import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createRegistry, diskRepositories, type RegistryEvent } from "../../lib/server/mod.ts";
import { tempDir } from "../support/temp_dir.ts";
import { bytesOf, digestOf, eachBackend, Wire } from "./wire.ts";

const DIGEST = await digestOf("0123456789");

async function assertPushed(wire: Wire, repository: string, text = "0123456789"): Promise<void> {
  const answer = await wire.send("GET", `/v2/${repository}/blobs/${await digestOf(text)}`);
  assertEquals([answer.status, answer.text], [200, text]);
}

eachBackend("an upload begins with 202 and a place to go on", async (wire) => {
  const { status, headers } = await wire.send("POST", "/v2/a/b/blobs/uploads/");
  assertEquals(status, 202);
  assertMatch(headers.get("location") ?? "", /^\/v2\/a\/b\/blobs\/uploads\/[0-9a-f-]{36}$/);
  assertEquals(headers.get("range"), "0-0");
  assertMatch(headers.get("docker-upload-uuid") ?? "", /^[0-9a-f-]{36}$/);
});

eachBackend("POST and PUT push a blob whole", async (wire) => {
  const location = await wire.begin("app");
  const path = `${location}?digest=${encodeURIComponent(DIGEST)}`;
  const { status, headers } = await wire.send("PUT", path, { body: "0123456789" });
  assertEquals(status, 201);
  assertEquals(headers.get("location"), `/v2/app/blobs/${DIGEST}`);
  assertEquals(headers.get("docker-content-digest"), DIGEST);
  await assertPushed(wire, "app");
});

eachBackend("one POST with a digest pushes a blob", async (wire) => {
  const path = `/v2/app/blobs/uploads/?digest=${DIGEST}`;
  const { status, headers } = await wire.send("POST", path, { body: "0123456789" });
  assertEquals([status, headers.get("location")], [201, `/v2/app/blobs/${DIGEST}`]);
  await assertPushed(wire, "app");
});

eachBackend("one POST with a sha512 digest pushes a blob", async (wire) => {
  const digest = await digestOf("0123456789", "sha512");
  const path = `/v2/app/blobs/uploads/?digest=${digest}`;
  assertEquals((await wire.send("POST", path, { body: "0123456789" })).status, 201);
  assertEquals((await wire.send("GET", `/v2/app/blobs/${digest}`)).text, "0123456789");
});

eachBackend("a streamed PATCH without a range pushes a blob", async (wire) => {
  const location = await wire.begin("app");
  const body = ReadableStream.from([bytesOf("01234"), bytesOf("56789")]);
  const patched = await wire.send("PATCH", location, { body });
  assertEquals([patched.status, patched.headers.get("range")], [202, "0-9"]);
  assertEquals(patched.headers.get("location"), location);
  assertEquals((await wire.send("PUT", `${location}?digest=${DIGEST}`)).status, 201);
  await assertPushed(wire, "app");
});

eachBackend("chunks in order push a blob, the last with PUT", async (wire) => {
  const location = await wire.begin("app");
  for (const [range, body] of [["0-3", "0123"], ["4-6", "456"]] as const) {
    const headers = { "content-range": range };
    const { status, headers: said } = await wire.send("PATCH", location, { body, headers });
    assertEquals([status, said.get("range")], [202, `0-${range.split("-")[1]}`]);
  }
  const headers = { "content-range": "7-9" };
  const path = `${location}?digest=${DIGEST}`;
  assertEquals((await wire.send("PUT", path, { body: "789", headers })).status, 201);
  await assertPushed(wire, "app");
});

for (const range of ["3-5", "5-7", "0-3"]) {
  for (const method of ["PATCH", "PUT"]) {
    eachBackend(
      `${method} of ${range} after four bytes is 416 and changes nothing`,
      async (wire) => {
        const location = await wire.begin("app");
        await wire.send("PATCH", location, { body: "0123" });
        const { status, headers, code } = await wire.send(method, `${location}?digest=${DIGEST}`, {
          body: "xxx",
          headers: { "content-range": range },
        });
        assertEquals([status, code], [416, "RANGE_INVALID"]);
        assertEquals([headers.get("range"), headers.get("location")], ["0-3", location]);
        const path = `${location}?digest=${DIGEST}`;
        assertEquals((await wire.send("PUT", path, { body: "456789" })).status, 201);
        await assertPushed(wire, "app");
      },
    );
  }
}

eachBackend("an upload says how far it is", async (wire) => {
  const location = await wire.begin("app");
  await wire.send("PATCH", location, { body: "0123" });
  const { status, headers } = await wire.send("GET", location);
  assertEquals([status, headers.get("range"), headers.get("location")], [204, "0-3", location]);
});

eachBackend("a body that is not as long as its range is taken back", async (wire) => {
  const location = await wire.begin("app");
  for (const body of ["012", "012345"]) {
    const headers = { "content-range": "0-3" };
    const stream = ReadableStream.from([bytesOf(body)]);
    const { status, code } = await wire.send("PATCH", location, { body: stream, headers });
    assertEquals([status, code], [400, "SIZE_INVALID"]);
    assertEquals((await wire.send("GET", location)).headers.get("range"), "0-0");
  }
  const path = `${location}?digest=${DIGEST}`;
  assertEquals((await wire.send("PUT", path, { body: "0123456789" })).status, 201);
  await assertPushed(wire, "app");
});

eachBackend("what arrived before a broken connection stays", async (wire) => {
  const location = await wire.begin("app");
  const broken = ReadableStream.from((async function* () {
    yield bytesOf("0123");
    await Promise.resolve();
    throw new Error("connection reset");
  })());
  assertEquals((await wire.send("PATCH", location, { body: broken })).status, 400);
  assertEquals((await wire.send("GET", location)).headers.get("range"), "0-3");
  const headers = { "content-range": "4-9" };
  assertEquals((await wire.send("PATCH", location, { body: "456789", headers })).status, 202);
  assertEquals((await wire.send("PUT", `${location}?digest=${DIGEST}`)).status, 201);
  await assertPushed(wire, "app");
});

eachBackend("content of another digest is 400 DIGEST_INVALID and leaves nothing", async (wire) => {
  const post = await wire.send("POST", `/v2/app/blobs/uploads/?digest=${DIGEST}`, { body: "no" });
  assertEquals([post.status, post.code], [400, "DIGEST_INVALID"]);
  const location = await wire.begin("app");
  const put = await wire.send("PUT", `${location}?digest=${DIGEST}`, { body: "no" });
  assertEquals([put.status, put.code], [400, "DIGEST_INVALID"]);
  assertEquals((await wire.send("GET", location)).code, "BLOB_UPLOAD_UNKNOWN");
  assertEquals((await wire.send("GET", `/v2/app/blobs/${DIGEST}`)).status, 404);
  assertEquals((await wire.send("GET", `/v2/app/blobs/${await digestOf("no")}`)).status, 404);
});

eachBackend(
  "PUT without a digest, or with none that is one, is 400 DIGEST_INVALID",
  async (wire) => {
    const location = await wire.begin("app");
    for (const query of ["", "?digest=", "?digest=sha256:xyz", "?digest=sha256:../../x"]) {
      const { status, code } = await wire.send("PUT", location + query, { body: "0123456789" });
      assertEquals([status, code], [400, "DIGEST_INVALID"], query);
    }
  },
);

eachBackend("a cancelled upload is gone", async (wire) => {
  const location = await wire.begin("app");
  await wire.send("PATCH", location, { body: "0123" });
  assertEquals((await wire.send("DELETE", location)).status, 204);
  for (const method of ["GET", "PATCH", "DELETE"]) {
    const { status, code } = await wire.send(method, location);
    assertEquals([status, code], [404, "BLOB_UPLOAD_UNKNOWN"], method);
  }
});

eachBackend("an upload belongs to its repository, and its id cannot be a path", async (wire) => {
  const location = await wire.begin("app");
  await wire.begin("other");
  const id = location.slice(location.lastIndexOf("/") + 1);
  const ids = [id, "x", "..%2f..%2findex.json", "..%2fapp%2f" + id, id.toUpperCase()];
  for (const foreign of ids) {
    const { status, code } = await wire.send("GET", `/v2/other/blobs/uploads/${foreign}`);
    assertEquals([status, code], [404, "BLOB_UPLOAD_UNKNOWN"], foreign);
  }
});

eachBackend("of two PATCHes at once one is refused, and no byte is mixed", async (wire) => {
  const location = await wire.begin("app");
  const slow = Promise.withResolvers<void>();
  const body = ReadableStream.from((async function* () {
    yield bytesOf("01234");
    await slow.promise;
    yield bytesOf("56789");
  })());
  const first = wire.send("PATCH", location, { body });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await wire.send("PATCH", location, { body: "xxxxx" });
  assertEquals([second.status, second.code], [409, "BLOB_UPLOAD_INVALID"]);
  slow.resolve();
  assertEquals((await first).status, 202);
  assertEquals((await wire.send("PUT", `${location}?digest=${DIGEST}`)).status, 201);
});

eachBackend("a client that sends nothing for long is given up, and can go on", async (wire) => {
  const location = await wire.begin("app");
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(bytesOf("0123"));
    },
  });
  assertEquals((await wire.send("PATCH", location, { body })).status, 408);
  assertEquals((await wire.send("GET", location)).headers.get("range"), "0-3");
}, { stallMs: 50 });

eachBackend("a blob is mounted from the repository that is named", async (wire) => {
  await wire.pushBlob("from", "0123456789");
  const path = `/v2/to/blobs/uploads/?mount=${DIGEST}&from=from`;
  const { status, headers } = await wire.send("POST", path);
  assertEquals([status, headers.get("location")], [201, `/v2/to/blobs/${DIGEST}`]);
  assertEquals(headers.get("docker-content-digest"), DIGEST);
  await wire.send("DELETE", `/v2/from/blobs/${DIGEST}`);
  await assertPushed(wire, "to");
});

eachBackend("a blob is mounted from wherever it is when nothing is named", async (wire) => {
  await wire.pushBlob("from/somewhere", "0123456789");
  const { status } = await wire.send("POST", `/v2/to/blobs/uploads/?mount=${DIGEST}`);
  assertEquals(status, 201);
  await assertPushed(wire, "to");
});

eachBackend("a sha512 blob is mounted too", async (wire) => {
  const { digest } = await wire.pushBlob("from", "0123456789", "sha512");
  const { status } = await wire.send("POST", `/v2/to/blobs/uploads/?mount=${digest}&from=from`);
  assertEquals(status, 201);
  assertEquals((await wire.send("GET", `/v2/to/blobs/${digest}`)).text, "0123456789");
});

eachBackend("a mount of what is not there begins an upload instead", async (wire) => {
  await wire.pushBlob("from", "other");
  for (const from of ["&from=from", "&from=nowhere", ""]) {
    const { status, headers } = await wire.send(
      "POST",
      `/v2/to/blobs/uploads/?mount=${DIGEST}${from}`,
    );
    assertEquals(status, 202);
    const path = `${headers.get("location")}?digest=${await digestOf("x")}`;
    assertEquals((await wire.send("PUT", path, { body: "x" })).status, 201);
  }
});

eachBackend("a mount of no digest or from no name is 400", async (wire) => {
  const bad = await wire.send("POST", "/v2/to/blobs/uploads/?mount=sha256:x&from=from");
  assertEquals([bad.status, bad.code], [400, "DIGEST_INVALID"]);
  const name = await wire.send("POST", `/v2/to/blobs/uploads/?mount=${DIGEST}&from=..%2f..%2fx`);
  assertEquals([name.status, name.code], [400, "NAME_INVALID"]);
});

eachBackend("an algorithm nobody here knows is refused when an upload begins", async (wire) => {
  const { status, code } = await wire.send("POST", "/v2/app/blobs/uploads/?digest-algorithm=md5");
  assertEquals([status, code], [400, "DIGEST_INVALID"]);
});

Deno.test("a full disk is told as what it is, and the upload makes room", async () => {
  await using directory = await tempDir();
  const events: RegistryEvent[] = [];
  await using registry = createRegistry({
    repositories: await diskRepositories(directory.path),
    log: (event) => events.push(event),
  });
  const wire = new Wire(registry);
  const location = await wire.begin("app");
  const file = directory.join("_uploads", "app", location.split("/").at(-1) ?? "");
  await Deno.remove(file);
  await Deno.symlink("/dev/full", file); // takes nothing, as a full disk does
  const { status, text } = await wire.send("PATCH", location, { body: "0123" });
  assertEquals(status, 507);
  assertEquals(JSON.parse(text).errors[0].message, "the registry's disk is full");
  assertStringIncludes(String(events.at(-1)?.error), "No space left");
  assertEquals(await Deno.lstat(file).then(() => true, () => false), false);
  assertEquals((await wire.send("GET", location)).status, 404);
});
