import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { digestBytes } from "../../lib/oci/digest.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import {
  createRegistry,
  type FaultRule,
  memoryRepositories,
  type RegistryEvent,
  serveRegistry,
} from "../../lib/server/mod.ts";
import { bytesOf, Wire } from "./wire.ts";

const BYTES = bytesOf("0123456789".repeat(1000));
const DIGEST = await digestBytes(BYTES);
const BLOB = { mediaType: "application/octet-stream", digest: DIGEST, size: BYTES.length };

/** Serves one blob, "app", badly. */
async function serveBlob(faults: readonly FaultRule[], events: RegistryEvent[] = []) {
  const repositories = memoryRepositories();
  await new Wire(createRegistry({ repositories })).pushBlob("app", BYTES);
  return await serveRegistry({
    repositories,
    faults,
    graceMs: 100,
    log: (event) => events.push(event),
  });
}

async function pull(registry: string): Promise<Uint8Array> {
  using transport = new Transport({ retry: { attempts: 3, baseMs: 1 } });
  await using app = new Repository({ registry, repository: "app" }, { transport });
  return await new Response(await app.fetch(BLOB)).bytes();
}

for (
  const { why, fault, statuses } of [
    {
      why: "is put off",
      fault: { path: "/blobs/", times: 1, status: 429, retryAfter: "0" },
      statuses: [429, 200],
    },
    {
      why: "is cut off",
      fault: { path: "/blobs/", times: 1, cutAfterBytes: 4000 },
      statuses: [200, 206],
    },
    { why: "is served slowly", fault: { bytesPerSecond: 100_000 }, statuses: [200] },
  ]
) {
  Deno.test(`a client that ${why} has the blob in the end`, async () => {
    const events: RegistryEvent[] = [];
    await using server = await serveBlob([fault], events);
    assertEquals(await pull(server.address), BYTES);
    const blobs = events.filter(({ path }) => path.includes("/blobs/"));
    assertEquals(blobs.map(({ status }) => status), statuses);
  });
}

for (const path of [`blobs/${DIGEST}`, "tags/list"]) {
  Deno.test(`an answer to ${path.slice(0, 5)} that is cut off ends in an error after as many bytes`, async () => {
    await using server = await serveBlob([{ cutAfterBytes: 10 }]);
    const { body, headers } = await fetch(`${server.url}/v2/app/${path}`);
    assert(Number(headers.get("content-length")) > 10);
    let got = 0;
    await assertRejects(async () => {
      for await (const chunk of body ?? []) got += chunk.length;
    });
    assert(got <= 10, `${got}`);
  });
}

Deno.test("a slow body takes its time, and a stall comes before the answer", async () => {
  const faults = [{ method: "GET", bytesPerSecond: 50_000 }, { method: "HEAD", stallMs: 60 }];
  await using server = await serveBlob(faults);
  const url = `${server.url}/v2/app/blobs/${DIGEST}`;
  const start = performance.now();
  await (await fetch(url)).bytes();
  const middle = performance.now();
  assert(middle - start > 190, `${middle - start} ms`);
  await fetch(url, { method: "HEAD" });
  assert(performance.now() - middle > 55, `${performance.now() - middle} ms`);
});

Deno.test("rules count the requests that match, and name another digest", async () => {
  const repositories = memoryRepositories();
  const { digest } = await new Wire(createRegistry({ repositories })).pushBlob("app", "x");
  const faults = [
    { method: "GET", path: "/blobs/", skip: 1, times: 1, status: 503 },
    { method: "HEAD", wrongDigest: true },
  ];
  const wire = new Wire(createRegistry({ repositories, faults }));
  const path = `/v2/app/blobs/${digest}`;
  const statuses: number[] = [];
  for (let n = 0; n < 3; n++) statuses.push((await wire.send("GET", path)).status);
  assertEquals(statuses, [200, 503, 200]);
  const { headers } = await wire.send("HEAD", path);
  assertEquals(headers.get("docker-content-digest"), `sha256:${"0".repeat(64)}`);
});

Deno.test("a path that is no regular expression is refused at once", () => {
  const faults = [{ path: "(" }];
  assertThrows(() => createRegistry({ repositories: memoryRepositories(), faults }), SyntaxError);
});
