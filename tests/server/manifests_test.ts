import { assertEquals, assertStringIncludes } from "@std/assert";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { digestOf, eachBackend } from "./wire.ts";

eachBackend("a manifest comes back byte for byte, by tag and by digest", async (wire) => {
  const { digest, size } = await wire.pushImage("app", "v1", { "x-custom": 1.50 });
  for (const reference of ["v1", digest, encodeURIComponent(digest)]) {
    for (const method of ["GET", "HEAD"]) {
      const { status, headers, text } = await wire.send(method, `/v2/app/manifests/${reference}`);
      assertEquals(status, 200);
      assertEquals(headers.get("content-type"), MEDIA_TYPE.ociManifest);
      assertEquals(headers.get("content-length"), String(size));
      assertEquals(headers.get("docker-content-digest"), digest);
      assertEquals(await digestOf(text) === digest, method === "GET");
    }
  }
});

eachBackend("pushing a manifest answers where it is", async (wire) => {
  const image = await wire.imageOf("app", []);
  const { status, headers, text } = await wire.putManifest("app", "v1", image);
  const digest = await digestOf(JSON.stringify(image));
  assertEquals([status, text], [201, ""]);
  assertEquals(headers.get("location"), `/v2/app/manifests/${digest}`);
  assertEquals(headers.get("docker-content-digest"), digest);
  assertEquals(headers.get("oci-subject"), null);
});

eachBackend("a missing manifest is 404 MANIFEST_UNKNOWN", async (wire) => {
  await wire.pushImage("app", "v1");
  for (const reference of ["v2", await digestOf("x"), "a".repeat(129), "-"]) {
    const { status, code } = await wire.send("GET", `/v2/app/manifests/${reference}`);
    assertEquals([status, code], [404, "MANIFEST_UNKNOWN"], reference);
  }
  const { status, code } = await wire.send("GET", "/v2/other/manifests/v1");
  assertEquals([status, code], [404, "NAME_UNKNOWN"]);
});

eachBackend("a blob is no manifest, however it looks", async (wire) => {
  const image = JSON.stringify(await wire.imageOf("app", []));
  const { digest } = await wire.pushBlob("app", image);
  assertEquals((await wire.send("GET", `/v2/app/manifests/${digest}`)).status, 404);
});

eachBackend("a bad digest is 400 DIGEST_INVALID in every method", async (wire) => {
  const image = await wire.imageOf("app", []);
  const bad = "sha256:baddigeststring";
  for (const method of ["GET", "HEAD", "DELETE"]) {
    assertEquals((await wire.send(method, `/v2/app/manifests/${bad}`)).status, 400, method);
  }
  const { status, code } = await wire.putManifest("app", bad, image);
  assertEquals([status, code], [400, "DIGEST_INVALID"]);
});

eachBackend("a manifest of another digest than its name is refused", async (wire) => {
  const image = await wire.imageOf("app", []);
  const digest = await digestOf(JSON.stringify(image));
  const { status, code } = await wire.putManifest("app", digest, JSON.stringify(image) + "  ");
  assertEquals([status, code], [400, "DIGEST_INVALID"]);
  assertEquals((await wire.send("GET", `/v2/app/manifests/${digest}`)).status, 404);
});

eachBackend("a manifest can be named by sha512", async (wire) => {
  const layer = await wire.pushBlob("app", "layer", "sha512");
  const image = await wire.imageOf("app", [layer]);
  const digest = await digestOf(JSON.stringify(image), "sha512");
  assertEquals((await wire.putManifest("app", digest, image)).status, 201);
  const { status, headers } = await wire.send("GET", `/v2/app/manifests/${digest}`);
  assertEquals([status, headers.get("docker-content-digest")], [200, digest]);
});

eachBackend("one push can set several tags", async (wire) => {
  const image = await wire.imageOf("app", []);
  const digest = await digestOf(JSON.stringify(image));
  const { status, headers } = await wire.putManifest("app", `${digest}?tag=a&tag=b`, image);
  assertEquals([status, headers.get("oci-tag")], [201, "a, b"]);
  for (const tag of ["a", "b"]) {
    const { headers } = await wire.send("HEAD", `/v2/app/manifests/${tag}`);
    assertEquals(headers.get("docker-content-digest"), digest);
  }
});

for (const tag of ["a".repeat(129), "-x", ".x", "x%20y", "x@y"]) {
  eachBackend(`${tag.slice(0, 8)} cannot be a tag`, async (wire) => {
    const { status, code } = await wire.putManifest("app", tag, await wire.imageOf("app", []));
    assertEquals([status, code], [400, "TAG_INVALID"]);
  });
}

eachBackend(
  "a tag of 128 characters, or that looks like a path of ours, is a tag",
  async (wire) => {
    for (const tag of ["a".repeat(128), "_uploads", "list", "uploads"]) {
      const { digest } = await wire.pushImage("app", tag);
      const { headers } = await wire.send("HEAD", `/v2/app/manifests/${tag}`);
      assertEquals(headers.get("docker-content-digest"), digest);
    }
  },
);

eachBackend("a tag moves, and what it left is still there by digest", async (wire) => {
  const first = await wire.pushImage("app", "v1", { annotations: { n: "1" } });
  const second = await wire.pushImage("app", "v1", { annotations: { n: "2" } });
  const { headers } = await wire.send("HEAD", "/v2/app/manifests/v1");
  assertEquals(headers.get("docker-content-digest"), second.digest);
  assertEquals((await wire.send("GET", `/v2/app/manifests/${first.digest}`)).status, 200);
});

const wrong = [
  { why: "not JSON", body: "{", type: MEDIA_TYPE.ociManifest },
  { why: "JSON with a duplicate key", body: '{"schemaVersion":2,"schemaVersion":2}' },
  { why: "an index said to be a manifest", body: '{"schemaVersion":2,"manifests":[]}' },
  {
    why: "a manifest and an index in one",
    body: '{"schemaVersion":2,"manifests":[],"layers":[]}',
    type: MEDIA_TYPE.ociIndex,
  },
  {
    why: "a mediaType that is not the Content-Type",
    body: `{"schemaVersion":2,"mediaType":"${MEDIA_TYPE.dockerIndex}","manifests":[]}`,
    type: MEDIA_TYPE.ociIndex,
  },
  { why: "a Content-Type of no manifest", body: "{}", type: "application/json" },
  { why: "no type at all", body: "{}", type: "" },
  { why: "schema 1", body: '{"schemaVersion":1}', type: MEDIA_TYPE.dockerSchema1Signed },
  { why: "an empty body", body: "" },
  {
    why: "a digest that is a path",
    body:
      '{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"sha256:../../x","size":1}]}',
    type: MEDIA_TYPE.ociIndex,
  },
];

for (const { why, body, type = MEDIA_TYPE.ociManifest } of wrong) {
  eachBackend(`${why} is 400 MANIFEST_INVALID`, async (wire) => {
    const { status, code } = await wire.putManifest("app", "v1", body, type);
    assertEquals([status, code], [400, "MANIFEST_INVALID"]);
    assertEquals((await wire.send("GET", "/v2/app/manifests/v1")).status, 404);
  });
}

eachBackend("parameters of the Content-Type do not matter", async (wire) => {
  const image = await wire.imageOf("app", []);
  const type = `${MEDIA_TYPE.ociManifest}; charset=utf-8`;
  assertEquals((await wire.putManifest("app", "v1", image, type)).status, 201);
  const { headers } = await wire.send("HEAD", "/v2/app/manifests/v1");
  assertEquals(headers.get("content-type"), MEDIA_TYPE.ociManifest);
});

for (const mediaType of [MEDIA_TYPE.dockerManifest, undefined]) {
  eachBackend(`without a Content-Type, ${mediaType ?? "a likely type"} is taken`, async (wire) => {
    const image = { ...await wire.imageOf("app", []), mediaType };
    assertEquals((await wire.putManifest("app", "v1", image, "")).status, 201);
    const { headers } = await wire.send("HEAD", "/v2/app/manifests/v1");
    assertEquals(headers.get("content-type"), mediaType ?? MEDIA_TYPE.ociManifest);
  });
}

eachBackend("a manifest of 3.9 MB is taken, one over 4 MiB is 413", async (wire) => {
  const image = await wire.imageOf("app", []);
  const big = { ...image, annotations: { pad: "A".repeat(3_900_000) } };
  assertEquals((await wire.putManifest("app", "big", big)).status, 201);
  const { bytes } = await wire.send("GET", "/v2/app/manifests/big");
  assertEquals(bytes.length, JSON.stringify(big).length);
  const tooBig = { ...image, annotations: { pad: "A".repeat(4 * 1024 * 1024) } };
  const { status, code } = await wire.putManifest("app", "bigger", tooBig);
  assertEquals([status, code], [413, "MANIFEST_INVALID"]);
});

eachBackend("a manifest whose blob is missing is 404 MANIFEST_BLOB_UNKNOWN", async (wire) => {
  const digest = await digestOf("missing");
  const image = await wire.imageOf("app", [{ mediaType: "", digest, size: 7 }]);
  const { status, code, text } = await wire.putManifest("app", "v1", image);
  assertEquals([status, code], [404, "MANIFEST_BLOB_UNKNOWN"]);
  assertStringIncludes(text, digest);
});

eachBackend("a manifest that lies about a blob's size is refused", async (wire) => {
  const layer = await wire.pushBlob("app", "layer");
  const image = await wire.imageOf("app", [{ ...layer, size: layer.size + 1 }]);
  const { status, code } = await wire.putManifest("app", "v1", image);
  assertEquals([status, code], [400, "MANIFEST_INVALID"]);
});

eachBackend("a layer that may not be distributed need not be there", async (wire) => {
  const image = await wire.imageOf("app", []);
  const layer = {
    mediaType: MEDIA_TYPE.ociNondistributableLayerGzip,
    digest: await digestOf("elsewhere"),
    size: 123456,
    urls: ["https://store.example/layer"],
  };
  assertEquals((await wire.putManifest("app", "v1", { ...image, layers: [layer] })).status, 201);
});

eachBackend("an index whose manifest is missing is 404 MANIFEST_UNKNOWN", async (wire) => {
  const digest = await digestOf("missing");
  const index = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: [{ mediaType: MEDIA_TYPE.ociManifest, digest, size: 7 }],
  };
  const { status, code } = await wire.putManifest("app", "v1", index, MEDIA_TYPE.ociIndex);
  assertEquals([status, code], [404, "MANIFEST_UNKNOWN"]);
});

eachBackend("an index of indexes keeps its children when it goes", async (wire) => {
  const image = await wire.pushImage("app", undefined);
  const inner = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [image] };
  const innerText = JSON.stringify(inner);
  const digest = await digestOf(innerText);
  const put = await wire.putManifest("app", digest, innerText, MEDIA_TYPE.ociIndex);
  assertEquals(put.status, 201);
  const child = { mediaType: MEDIA_TYPE.ociIndex, digest, size: innerText.length };
  const outer = { schemaVersion: 2, manifests: [child] };
  const { headers } = await wire.putManifest("app", "all", outer, MEDIA_TYPE.ociIndex);
  const outerDigest = headers.get("docker-content-digest");
  assertEquals((await wire.send("DELETE", `/v2/app/manifests/${outerDigest}`)).status, 202);
  for (const kept of [digest, image.digest]) {
    assertEquals((await wire.send("GET", `/v2/app/manifests/${kept}`)).status, 200);
  }
});

eachBackend("an index without manifests is an index", async (wire) => {
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [] };
  const { status } = await wire.putManifest("app", "none", index, MEDIA_TYPE.ociIndex);
  assertEquals(status, 201);
});

eachBackend("a deleted tag leaves its manifest and the other tags", async (wire) => {
  const { digest } = await wire.pushImage("app", "v1");
  const text = (await wire.send("GET", "/v2/app/manifests/v1")).text;
  await wire.putManifest("app", "v2", text);
  assertEquals((await wire.send("DELETE", "/v2/app/manifests/v1")).status, 202);
  assertEquals((await wire.send("HEAD", "/v2/app/manifests/v1")).status, 404);
  assertEquals((await wire.send("HEAD", "/v2/app/manifests/v2")).status, 200);
  assertEquals((await wire.send("DELETE", "/v2/app/manifests/v2")).status, 202);
  assertEquals((await wire.send("HEAD", `/v2/app/manifests/${digest}`)).status, 200);
  assertEquals((await wire.send("DELETE", "/v2/app/manifests/v2")).status, 404);
});

eachBackend("a deleted manifest is gone with all its tags", async (wire) => {
  const { digest } = await wire.pushImage("app", "v1");
  const text = (await wire.send("GET", "/v2/app/manifests/v1")).text;
  await wire.putManifest("app", "v2", text);
  assertEquals((await wire.send("DELETE", `/v2/app/manifests/${digest}`)).status, 202);
  for (const reference of ["v1", "v2", digest]) {
    assertEquals((await wire.send("HEAD", `/v2/app/manifests/${reference}`)).status, 404);
  }
  assertEquals((await wire.send("DELETE", `/v2/app/manifests/${digest}`)).status, 404);
  assertEquals((await wire.putManifest("app", "v1", text)).status, 201);
  assertEquals((await wire.send("HEAD", `/v2/app/manifests/${digest}`)).status, 200);
});

eachBackend("a client that has the manifest is told so", async (wire) => {
  const { digest } = await wire.pushImage("app", "v1");
  const headers = { "if-none-match": `"${digest}"` };
  assertEquals((await wire.send("GET", "/v2/app/manifests/v1", { headers })).status, 304);
});

eachBackend("a sparse registry takes an index of which one platform was copied", async (wire) => {
  const here = await wire.pushImage("app", undefined);
  const elsewhere = { ...here, digest: await digestOf("elsewhere"), size: 9 };
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [here, elsewhere] };
  assertEquals((await wire.putManifest("app", "all", index, MEDIA_TYPE.ociIndex)).status, 201);
  for (const [digest, expected] of [[here.digest, 200], [elsewhere.digest, 404]]) {
    assertEquals((await wire.send("GET", `/v2/app/manifests/${digest}`)).status, expected);
  }
  const wrong = { ...index, manifests: [{ ...here, size: here.size + 1 }] };
  const { status, code } = await wire.putManifest("app", "wrong", wrong, MEDIA_TYPE.ociIndex);
  assertEquals([status, code], [400, "MANIFEST_INVALID"]);
}, { sparse: true });
