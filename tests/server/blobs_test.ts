import { assertEquals } from "@std/assert";
import { bytesOf, digestOf, eachBackend } from "./wire.ts";

eachBackend("a blob comes back as it was pushed, with its digest and size", async (wire) => {
  const { digest } = await wire.pushBlob("app", "hello");
  for (const method of ["GET", "HEAD"]) {
    const { status, headers, text } = await wire.send(method, `/v2/app/blobs/${digest}`);
    assertEquals(status, 200);
    assertEquals(text, method === "GET" ? "hello" : "");
    assertEquals(headers.get("content-length"), "5");
    assertEquals(headers.get("content-type"), "application/octet-stream");
    assertEquals(headers.get("docker-content-digest"), digest);
    assertEquals(headers.get("accept-ranges"), "bytes");
    assertEquals(headers.get("docker-distribution-api-version"), "registry/2.0");
  }
});

for (const content of ["", "{}"]) {
  eachBackend(`a blob of ${content.length} bytes is a blob like any other`, async (wire) => {
    const { digest } = await wire.pushBlob("app", content);
    const { status, headers, text } = await wire.send("GET", `/v2/app/blobs/${digest}`);
    assertEquals([status, text], [200, content]);
    assertEquals(headers.get("content-length"), String(content.length));
  });
}

eachBackend("a blob can be named by sha512", async (wire) => {
  const { digest } = await wire.pushBlob("app", "hello", "sha512");
  assertEquals(digest.startsWith("sha512:"), true);
  const { status, text } = await wire.send("GET", `/v2/app/blobs/${digest}`);
  assertEquals([status, text], [200, "hello"]);
});

eachBackend("a missing blob is 404 BLOB_UNKNOWN, a bad digest 400 DIGEST_INVALID", async (wire) => {
  await wire.pushBlob("app", "hello");
  const digest = await digestOf("another");
  const missing = await wire.send("GET", `/v2/app/blobs/${digest}`);
  assertEquals([missing.status, missing.code], [404, "BLOB_UNKNOWN"]);
  const unknown = await wire.send("GET", `/v2/other/blobs/${digest}`);
  assertEquals([unknown.status, unknown.code], [404, "NAME_UNKNOWN"]);
  for (
    const bad of ["sha256:abc", "sha256:" + "A".repeat(64), "md5:00", "x", "sha256:..%2f..%2fx"]
  ) {
    const { status, code } = await wire.send("GET", `/v2/app/blobs/${bad}`);
    assertEquals([status, code], [400, "DIGEST_INVALID"], bad);
  }
});

const TEXT = "0123456789";
const ranges = [
  { range: "bytes=2-5", status: 206, text: "2345", contentRange: "bytes 2-5/10" },
  { range: "bytes=5-", status: 206, text: "56789", contentRange: "bytes 5-9/10" },
  { range: "bytes=-3", status: 206, text: "789", contentRange: "bytes 7-9/10" },
  { range: "bytes=8-50", status: 206, text: "89", contentRange: "bytes 8-9/10" },
  { range: "bytes=5-0", status: 416, text: undefined, contentRange: "bytes */10" },
  { range: "bytes=50-", status: 416, text: undefined, contentRange: "bytes */10" },
  { range: "bytes=0-1,4-5", status: 200, text: TEXT, contentRange: null },
  { range: "lines=0-1", status: 200, text: TEXT, contentRange: null },
];

for (const { range, status, text, contentRange } of ranges) {
  eachBackend(`Range ${range} of ten bytes is ${status}`, async (wire) => {
    const { digest } = await wire.pushBlob("app", TEXT);
    const answer = await wire.send("GET", `/v2/app/blobs/${digest}`, { headers: { range } });
    assertEquals(answer.status, status);
    assertEquals(answer.headers.get("content-range"), contentRange);
    if (text === undefined) return assertEquals(answer.code, "RANGE_INVALID");
    assertEquals(answer.text, text);
    assertEquals(answer.headers.get("content-length"), String(text.length));
  });
}

eachBackend("a range across several chunks is exact", async (wire) => {
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const location = await wire.begin("app");
  for (let start = 0; start < bytes.length; start += 7_001) {
    await wire.send("PATCH", location, { body: bytes.slice(start, start + 7_001) });
  }
  const digest = (await wire.pushBlob("other", bytes)).digest;
  assertEquals((await wire.send("PUT", `${location}?digest=${digest}`)).status, 201);
  const { bytes: part } = await wire.send("GET", `/v2/app/blobs/${digest}`, {
    headers: { range: "bytes=6999-21005" },
  });
  assertEquals(part, bytes.slice(6999, 21006));
});

eachBackend("a range holds only for the blob that If-Range names", async (wire) => {
  const { digest } = await wire.pushBlob("app", TEXT);
  const headers = { range: "bytes=2-5", "if-range": '"another"' };
  const { status } = await wire.send("GET", `/v2/app/blobs/${digest}`, { headers });
  assertEquals(status, 200);
  const same = { range: "bytes=2-5", "if-range": `"${digest}"` };
  assertEquals((await wire.send("GET", `/v2/app/blobs/${digest}`, { headers: same })).status, 206);
});

eachBackend("a client that has the blob is told so", async (wire) => {
  const { digest } = await wire.pushBlob("app", TEXT);
  const headers = { "if-none-match": `"${digest}"` };
  const { status, text } = await wire.send("GET", `/v2/app/blobs/${digest}`, { headers });
  assertEquals([status, text], [304, ""]);
});

eachBackend("a deleted blob is gone at once, and a second delete is 404", async (wire) => {
  const { digest } = await wire.pushBlob("app", TEXT);
  assertEquals((await wire.send("DELETE", `/v2/app/blobs/${digest}`)).status, 202);
  assertEquals((await wire.send("HEAD", `/v2/app/blobs/${digest}`)).status, 404);
  assertEquals((await wire.send("DELETE", `/v2/app/blobs/${digest}`)).status, 404);
});

eachBackend("a blob that a manifest still has cannot be deleted", async (wire) => {
  const layer = await wire.pushBlob("app", "layer");
  const manifest = await wire.imageOf("app", [layer]);
  const { headers } = await wire.putManifest("app", "v1", manifest);
  const digest = headers.get("docker-content-digest");
  const refused = await wire.send("DELETE", `/v2/app/blobs/${layer.digest}`);
  assertEquals([refused.status, refused.code], [405, "DENIED"]);
  assertEquals((await wire.send("DELETE", `/v2/app/blobs/${digest}`)).status, 405);
  await wire.send("DELETE", `/v2/app/manifests/${digest}`);
  assertEquals((await wire.send("DELETE", `/v2/app/blobs/${layer.digest}`)).status, 202);
});

eachBackend("an unknown method is 405 with the methods that are known", async (wire) => {
  const { digest } = await wire.pushBlob("app", TEXT);
  for (const path of [`blobs/${digest}`, "blobs/uploads/", "tags/list", `referrers/${digest}`]) {
    const { status, code, headers } = await wire.send("PUT", `/v2/app/${path}`, {
      body: bytesOf("x"),
    });
    assertEquals([status, code], [405, "UNSUPPORTED"], path);
    assertEquals(headers.get("allow") === null, false);
  }
});
