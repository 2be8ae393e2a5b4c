import { assertEquals, assertStringIncludes } from "@std/assert";
import { createRegistry, memoryRepositories } from "../../lib/server/mod.ts";
import { digestOf, eachBackend, Wire } from "./wire.ts";

const SMALL = { quota: { repositoryBytes: 1000 } };
const TOTAL = { quota: { totalBytes: 1000 } };

async function post(wire: Wire, repository: string, content: string) {
  const path = `/v2/${repository}/blobs/uploads/?digest=${await digestOf(content)}`;
  return await wire.send("POST", path, { body: content });
}

eachBackend("a repository takes as much as it may keep, and says why no more", async (wire) => {
  assertEquals((await post(wire, "app", "a".repeat(600))).status, 201);
  const { status, code, text } = await post(wire, "app", "b".repeat(401));
  assertEquals([status, code], [413, "DENIED"]);
  assertStringIncludes(text, "1000 bytes a repository");
  assertEquals((await post(wire, "other", "b".repeat(401))).status, 201);
  assertEquals((await post(wire, "app", "c".repeat(400))).status, 201);
}, SMALL);

eachBackend("all repositories together take as much as they may keep", async (wire) => {
  assertEquals((await post(wire, "app", "a".repeat(600))).status, 201);
  assertEquals((await post(wire, "other", "b".repeat(401))).status, 413);
  assertEquals((await post(wire, "other", "c".repeat(400))).status, 201);
}, TOTAL);

eachBackend("what is too much is cut off while it streams, and thrown away", async (wire) => {
  const location = await wire.begin("app");
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 100;
      controller.enqueue(new Uint8Array(100));
    },
  }, { highWaterMark: 0 });
  assertEquals((await wire.send("PATCH", location, { body: endless })).status, 413);
  assertEquals(sent <= 1300, true, `${sent}`);
  assertEquals((await wire.send("GET", location)).code, "BLOB_UPLOAD_UNKNOWN");
  assertEquals((await post(wire, "app", "a".repeat(1000))).status, 201);
}, SMALL);

eachBackend("uploads under way count, and those that are given up count no more", async (wire) => {
  const location = await wire.begin("app");
  assertEquals((await wire.send("PATCH", location, { body: "a".repeat(600) })).status, 202);
  assertEquals((await post(wire, "app", "b".repeat(401))).status, 413);
  await wire.send("DELETE", location);
  assertEquals((await post(wire, "app", "b".repeat(401))).status, 201);
}, SMALL);

eachBackend("what was deleted makes room", async (wire) => {
  await post(wire, "app", "a".repeat(600));
  assertEquals((await post(wire, "app", "b".repeat(600))).status, 413);
  await wire.send("DELETE", `/v2/app/blobs/${await digestOf("a".repeat(600))}`);
  assertEquals((await post(wire, "app", "b".repeat(600))).status, 201);
}, SMALL);

eachBackend("manifests and mounted blobs count too", async (wire) => {
  await post(wire, "other", "a".repeat(600));
  await post(wire, "app", "b".repeat(600));
  const digest = await digestOf("a".repeat(600));
  const mount = `/v2/app/blobs/uploads/?mount=${digest}&from=other`;
  assertEquals((await wire.send("POST", mount)).status, 413);
  const image = await wire.imageOf("app", []);
  const large = { ...image, annotations: { pad: "x".repeat(300) } };
  assertEquals((await wire.putManifest("app", "v1", large)).status, 413);
  assertEquals((await wire.putManifest("app", "v1", image)).status, 201);
}, SMALL);

Deno.test("a cache that is full passes on what it cannot keep", async () => {
  const origin = new Wire(createRegistry({ repositories: memoryRepositories() }));
  const content = "0123456789".repeat(100);
  const { digest, size } = await origin.pushBlob("app", content);
  let isRight = true;
  const repositories = memoryRepositories();
  await using registry = createRegistry({
    repositories,
    quota: { totalBytes: 500 },
    upstreams: [{
      registry: "docker.io",
      open: () => ({
        resolve: () => Promise.reject(new Error("no manifests")),
        resolveBlob: () => Promise.resolve({ mediaType: "application/octet-stream", digest, size }),
        fetch: async () => {
          const { bytes } = await origin.send("GET", `/v2/app/blobs/${digest}`);
          return ReadableStream.from([
            bytes.subarray(0, 500),
            isRight ? bytes.subarray(500) : bytes,
          ]);
        },
        names: () => ReadableStream.from([]),
      }),
    }],
  });
  const cache = new Wire(registry);
  const path = `/v2/app/blobs/${digest}?ns=docker.io`;
  assertEquals((await cache.send("GET", path)).text, content);
  const part = await cache.send("GET", path, { headers: { range: "bytes=495-504" } });
  assertEquals([part.status, part.text], [206, "5678901234"]);
  isRight = false;
  assertEquals(await cache.send("GET", path).then(() => "taken", () => "broken off"), "broken off");
  assertEquals(await repositories.names(), []);
});
