import { assertEquals } from "@std/assert";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { digestOf, eachBackend, type Wire } from "./wire.ts";

const TAGS = ["1.0", "A", "_x", "a", "b"];

async function pushTags(wire: Wire): Promise<void> {
  for (const tag of TAGS.toReversed()) await wire.pushImage("app", tag);
}

eachBackend("tags come sorted, those of other repositories apart", async (wire) => {
  await pushTags(wire);
  await wire.pushImage("other", "v1");
  const { status, headers, text } = await wire.send("GET", "/v2/app/tags/list");
  assertEquals(status, 200);
  assertEquals(headers.get("content-type"), "application/json");
  assertEquals(headers.get("link"), null);
  assertEquals(JSON.parse(text), { name: "app", tags: TAGS });
});

eachBackend("tags are read to their end by following Link", async (wire) => {
  await pushTags(wire);
  const seen: string[] = [];
  let path: string | undefined = "/v2/app/tags/list?n=2";
  while (path !== undefined) {
    const { headers, text } = await wire.send("GET", path);
    const { tags }: { tags: string[] } = JSON.parse(text);
    assertEquals(tags.length <= 2, true);
    seen.push(...tags);
    path = /^<([^>]+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];
  }
  assertEquals(seen, TAGS);
});

const pages = [
  { query: "?n=0", tags: [] },
  { query: "?n=50", tags: TAGS },
  { query: "?n=5", tags: TAGS },
  { query: "?last=A", tags: ["_x", "a", "b"] },
  { query: "?last=AAA", tags: ["_x", "a", "b"] },
  { query: "?last=zzz", tags: [] },
  { query: "?n=1&last=_x", tags: ["a"], link: "?n=1&last=a" },
  { query: "?n=2&last=_x", tags: ["a", "b"] },
];

for (const { query, tags, link } of pages) {
  eachBackend(`tags/list${query} is ${JSON.stringify(tags)}`, async (wire) => {
    await pushTags(wire);
    const { headers, text } = await wire.send("GET", `/v2/app/tags/list${query}`);
    assertEquals(JSON.parse(text).tags, tags);
    const expected = link === undefined ? null : `</v2/app/tags/list${link}>; rel="next"`;
    assertEquals(headers.get("link"), expected);
  });
}

for (const n of ["-1", "x", "1e3", "99999999999999999999"]) {
  eachBackend(`n=${n} is 400`, async (wire) => {
    await wire.pushImage("app", "v1");
    const { status, code } = await wire.send("GET", `/v2/app/tags/list?n=${n}`);
    assertEquals([status, code], [400, "PAGINATION_NUMBER_INVALID"]);
  });
}

eachBackend(
  "a repository that never was has no tag list, an emptied one an empty",
  async (wire) => {
    const { status, code } = await wire.send("GET", "/v2/app/tags/list");
    assertEquals([status, code], [404, "NAME_UNKNOWN"]);
    await wire.pushImage("app", "v1");
    await wire.send("DELETE", "/v2/app/manifests/v1");
    assertEquals(JSON.parse((await wire.send("GET", "/v2/app/tags/list")).text).tags, []);
  },
);

eachBackend("the catalog lists repositories sorted, page by page", async (wire) => {
  assertEquals(JSON.parse((await wire.send("GET", "/v2/_catalog")).text), { repositories: [] });
  for (const name of ["b", "a/b", "a", "c-d/e"]) await wire.pushImage(name, "v1");
  await wire.begin("only/begun");
  const { text } = await wire.send("GET", "/v2/_catalog");
  assertEquals(JSON.parse(text), { repositories: ["a", "a/b", "b", "c-d/e"] });
  const page = await wire.send("GET", "/v2/_catalog?n=2&last=a");
  assertEquals(JSON.parse(page.text), { repositories: ["a/b", "b"] });
  assertEquals(page.headers.get("link"), '</v2/_catalog?n=2&last=b>; rel="next"');
});

async function pushReferrers(wire: Wire): Promise<{ subject: Descriptor; sbom: Descriptor }> {
  const subject = await wire.pushImage("app", "v1");
  const sbom = await wire.pushImage("app", undefined, {
    subject,
    artifactType: "application/spdx+json",
    annotations: { made: "by hand" },
  });
  await wire.pushImage("app", "plain", { subject });
  return { subject, sbom };
}

eachBackend("referrers of a manifest are described with type and annotations", async (wire) => {
  const { subject, sbom } = await pushReferrers(wire);
  const { status, headers, text } = await wire.send("GET", `/v2/app/referrers/${subject.digest}`);
  assertEquals([status, headers.get("content-type")], [200, MEDIA_TYPE.ociIndex]);
  assertEquals(headers.get("oci-filters-applied"), null);
  const { schemaVersion, mediaType, manifests } = JSON.parse(text);
  assertEquals([schemaVersion, mediaType], [2, MEDIA_TYPE.ociIndex]);
  assertEquals(manifests.length, 2);
  assertEquals(manifests[0], {
    ...sbom,
    artifactType: "application/spdx+json",
    annotations: { made: "by hand" },
  });
  assertEquals(manifests[1].artifactType, MEDIA_TYPE.ociConfig);
});

for (const query of ["application/spdx%2Bjson", "application/spdx+json"]) {
  eachBackend(`referrers filtered by ${query}`, async (wire) => {
    const { subject, sbom } = await pushReferrers(wire);
    const path = `/v2/app/referrers/${subject.digest}?artifactType=${query}`;
    const { headers, text } = await wire.send("GET", path);
    assertEquals(headers.get("oci-filters-applied"), "artifactType");
    const { manifests }: { manifests: Descriptor[] } = JSON.parse(text);
    assertEquals(manifests.map(({ digest }) => digest), [sbom.digest]);
  });
}

eachBackend("an index can be a referrer; it has no type of its own", async (wire) => {
  const subject = await wire.pushImage("app", "v1");
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [], subject };
  const put = await wire.putManifest("app", "list", index, MEDIA_TYPE.ociIndex);
  assertEquals(put.headers.get("oci-subject"), subject.digest);
  const { text } = await wire.send("GET", `/v2/app/referrers/${subject.digest}`);
  const { manifests }: { manifests: Descriptor[] } = JSON.parse(text);
  assertEquals(manifests.map(({ artifactType }) => artifactType), [undefined]);
});

eachBackend("a subject need not be there", async (wire) => {
  const digest = await digestOf("missing");
  const subject = { mediaType: MEDIA_TYPE.ociManifest, digest, size: 7 };
  const image = { ...await wire.imageOf("app", []), subject };
  const { status, headers } = await wire.putManifest("app", "v1", image);
  assertEquals([status, headers.get("oci-subject")], [201, digest]);
  const { text } = await wire.send("GET", `/v2/app/referrers/${digest}`);
  assertEquals(JSON.parse(text).manifests.length, 1);
});

eachBackend("what nobody refers to has an empty list, also where nothing is", async (wire) => {
  const digest = await digestOf("x");
  const { status, text } = await wire.send("GET", `/v2/nowhere/referrers/${digest}`);
  assertEquals(status, 200);
  assertEquals(JSON.parse(text).manifests, []);
  const bad = await wire.send("GET", "/v2/nowhere/referrers/sha256:x");
  assertEquals([bad.status, bad.code], [400, "DIGEST_INVALID"]);
});

eachBackend("a deleted referrer is not listed any more", async (wire) => {
  const { subject, sbom } = await pushReferrers(wire);
  await wire.send("DELETE", `/v2/app/manifests/${sbom.digest}`);
  const { text } = await wire.send("GET", `/v2/app/referrers/${subject.digest}`);
  assertEquals(JSON.parse(text).manifests.length, 1);
});

eachBackend("a flood of referrers comes in pages", async (wire) => {
  const subject = await wire.pushImage("app", "v1");
  const image = await wire.imageOf("app", []);
  const pushes = Array.from(
    { length: 1100 },
    (_, n) =>
      wire.putManifest("app", `t${n}`, { ...image, subject, annotations: { n: String(n) } }),
  );
  await Promise.all(pushes);
  const seen = new Set<string>();
  let path: string | undefined = `/v2/app/referrers/${subject.digest}?artifactType=${
    encodeURIComponent(MEDIA_TYPE.ociConfig)
  }`;
  for (let page = 0; path !== undefined; page++) {
    const { headers, text } = await wire.send("GET", path);
    const { manifests }: { manifests: Descriptor[] } = JSON.parse(text);
    assertEquals(manifests.length, page === 0 ? 1000 : 100);
    for (const { digest } of manifests) seen.add(digest);
    path = /^<([^>]+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];
  }
  assertEquals(seen.size, 1100);
});
