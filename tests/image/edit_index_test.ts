import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NotFoundError, PlatformError, UnsupportedError } from "../../lib/errors.ts";
import { appendToIndex } from "../../lib/image/append_to_index.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import { emptyImage, emptyIndex } from "../../lib/image/empty.ts";
import { filterIndex, removeFromIndex } from "../../lib/image/filter_index.ts";
import type { Index, View } from "../../lib/image/image.ts";
import { openView } from "../../lib/image/open_view.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { parsePlatform } from "../../lib/oci/platform.ts";
import { bytesContent, describeBytes } from "../../lib/store/content.ts";
import { copy } from "../../lib/store/copy.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { jsonOf, makeImage, textOf } from "../support/images.ts";

const AMD = makeImage([[{ path: "arch", content: "amd" }]], { platform: "linux/amd64" });
const ARM = makeImage([[{ path: "arch", content: "arm" }]], { platform: "linux/arm64" });
const WINDOWS = makeImage([[{ path: "arch", content: "win" }]], { platform: "windows/amd64" });

/** An index whose text nobody here would write, with an attestation of each image. */
async function strangeIndex(): Promise<Index> {
  const store = new MemoryStore();
  const manifests = [];
  for (const image of [AMD, ARM]) {
    const { digest, size, mediaType } = await copy(image, store);
    const attestation = await copy(emptyImage({ platform: null }), store);
    const about = {
      "vnd.docker.reference.type": "attestation-manifest",
      "vnd.docker.reference.digest": digest,
    };
    const [os, architecture] = image === AMD ? ["linux", "amd64"] : ["linux", "arm64"];
    manifests.push(
      `{"x-new":[1.0,1e400],"mediaType":"${mediaType}","digest":"${digest}","size":${size},` +
        `"platform":{"architecture":"${architecture}","os":"${os}","os.features":["a"]}}`,
      JSON.stringify({
        ...attestation,
        annotations: about,
        platform: { os: "unknown", architecture: "unknown" },
      }),
    );
  }
  const text = `{\n  "schemaVersion": 2,\n  "future": 9007199254740993,\n  "manifests": [\n    ${
    manifests.join(",\n    ")
  }\n  ]\n}\n`;
  const bytes = new TextEncoder().encode(text);
  const descriptor = await describeBytes(bytes, MEDIA_TYPE.ociIndex);
  await store.write(bytesContent(bytes, descriptor));
  const view = openView(store, descriptor);
  assert(view.kind === "index");
  return view;
}

async function platformsOf(index: Index): Promise<readonly string[]> {
  const { manifests } = jsonOf(await index.manifest());
  return manifests.map((
    { platform }: { platform?: { os: string; architecture: string } },
  ) => platform === undefined ? "-" : `${platform.os}/${platform.architecture}`);
}

/** Holds what an index says of itself and its children to its text. */
async function assertConsistent(index: Index): Promise<void> {
  const bytes = await index.manifest();
  const { digest, size } = await describeBytes(bytes, MEDIA_TYPE.ociIndex);
  const descriptor = await index.descriptor();
  assertEquals([descriptor.digest, descriptor.size], [digest, size]);
  const listed = jsonOf(bytes).manifests.map(({ digest }: { digest: string }) => digest);
  const children = await Promise.all((await index.children()).map((child) => child.descriptor()));
  assertEquals(children.map((child) => child.digest), listed);
}

Deno.test("appendToIndex() takes platforms from the configs, in the order given", async () => {
  const index = await appendToIndex(emptyIndex(), [ARM, AMD, WINDOWS]);
  assertEquals(await platformsOf(index), ["linux/arm64", "linux/amd64", "windows/amd64"]);
  await assertConsistent(index);
});

Deno.test("appendToIndex() lists nothing twice", async () => {
  const once = await appendToIndex(emptyIndex(), [AMD, AMD]);
  const again = await appendToIndex(once, [AMD, createIndex([{ image: AMD }, { image: ARM }])]);
  assertEquals(await platformsOf(again), ["linux/amd64", "linux/arm64"]);
  await assertConsistent(again);
});

Deno.test("appendToIndex() takes an index apart, or with flatten false as it is", async () => {
  const inner = createIndex([{ image: AMD }, { image: ARM }]);
  const whole = await appendToIndex(emptyIndex(), [inner], { flatten: false });
  const { manifests } = jsonOf(await whole.manifest());
  assertEquals(manifests, [await inner.descriptor()]);
  await assertConsistent(whole);
});

Deno.test("appendToIndex() keeps every byte of what was there, and of entries from elsewhere", async () => {
  const strange = await strangeIndex();
  const text = textOf(await strange.manifest());
  const longer = await appendToIndex(strange, [WINDOWS]);
  const after = textOf(await longer.manifest());
  assertStringIncludes(after, text.slice(0, text.lastIndexOf("\n  ]")));
  assertStringIncludes(after, '"future": 9007199254740993');
  await assertConsistent(longer);

  const other = await appendToIndex(emptyIndex(), [strange]);
  assertStringIncludes(textOf(await other.manifest()), '"x-new":[1.0,1e400]');
  assertStringIncludes(textOf(await other.manifest()), '"os.features":["a"]');
  await assertConsistent(other);
});

Deno.test("appendToIndex() of one platform brings its attestation along", async () => {
  const platform = parsePlatform("linux/arm64");
  const index = await appendToIndex(emptyIndex(), [await strangeIndex()], { platform });
  assertEquals(await platformsOf(index), ["linux/arm64", "unknown/unknown"]);
  const { manifests } = jsonOf(await index.manifest());
  assertEquals(manifests[1].annotations["vnd.docker.reference.digest"], manifests[0].digest);
});

Deno.test("appendToIndex() tells what an artifact is, and refuses a blob", async () => {
  const store = new MemoryStore();
  const blob = new TextEncoder().encode("x");
  const descriptor = await describeBytes(blob, "text/plain");
  const view: View = openView(store, descriptor);
  await assertRejects(() => appendToIndex(emptyIndex(), [view]), UnsupportedError, "text/plain");
});

Deno.test("filterIndex() keeps what runs there, with its attestation, byte for byte", async () => {
  const strange = await strangeIndex();
  const filtered = await filterIndex(strange, [parsePlatform("linux/amd64")]);
  assertEquals(await platformsOf(filtered), ["linux/amd64", "unknown/unknown"]);
  const text = textOf(await strange.manifest());
  const second = text.indexOf('{"x-new"', text.indexOf('{"x-new"') + 1);
  assertEquals(
    textOf(await filtered.manifest()),
    text.slice(0, text.lastIndexOf(",", second)) + text.slice(text.indexOf("\n  ]")),
  );
  await assertConsistent(filtered);
});

Deno.test("filterIndex() of all that is there changes nothing", async () => {
  const strange = await strangeIndex();
  const filtered = await filterIndex(strange, [parsePlatform("linux")]);
  assertEquals(await filtered.manifest(), await strange.manifest());
});

Deno.test("filterIndex() filters the indexes in an index", async () => {
  const inner = createIndex([{ image: AMD }, { image: ARM }]);
  const outer = await appendToIndex(emptyIndex(), [inner, WINDOWS], { flatten: false });
  const filtered = await filterIndex(outer, [parsePlatform("linux/arm64")]);
  const [child, ...others] = await filtered.children();
  assert(child?.kind === "index" && others.length === 0);
  assertEquals(await platformsOf(child), ["linux/arm64"]);
  await assertConsistent(filtered);
});

Deno.test("filterIndex() lists what is there when nothing would be left", async () => {
  const index = createIndex([{ image: AMD }, { image: ARM }]);
  const error = await assertRejects(
    () => filterIndex(index, [parsePlatform("linux/s390x")]),
    PlatformError,
    "available: linux/amd64, linux/arm64",
  );
  assertEquals(error.available, ["linux/amd64", "linux/arm64"]);
});

Deno.test("removeFromIndex() takes attestations along, by platform or by digest", async () => {
  const strange = await strangeIndex();
  const { digest } = await AMD.descriptor();
  for (
    const removed of [{ platforms: [parsePlatform("linux/amd64")] }, { digests: [digest] }]
  ) {
    const smaller = await removeFromIndex(strange, removed);
    assertEquals(await platformsOf(smaller), ["linux/arm64", "unknown/unknown"]);
    await assertConsistent(smaller);
  }
});

Deno.test("removeFromIndex() refuses what is not there, and to remove all", async () => {
  const index = createIndex([{ image: AMD }, { image: ARM }]);
  await assertRejects(
    () => removeFromIndex(index, { platforms: [parsePlatform("plan9")] }),
    PlatformError,
    "available: linux/amd64, linux/arm64",
  );
  await assertRejects(
    () => removeFromIndex(index, { digests: [`sha256:${"0".repeat(64)}`] }),
    NotFoundError,
  );
  await assertRejects(
    () => removeFromIndex(index, { platforms: [parsePlatform("linux")] }),
    PlatformError,
    "something to be left",
  );
});

Deno.test("an index of 10,000 entries is filtered in one pass", async () => {
  const entry = JSON.stringify({ ...await AMD.descriptor(), platform: parsePlatform("linux/arm") });
  const other = JSON.stringify({ ...await AMD.descriptor(), platform: parsePlatform("plan9/arm") });
  const items = Array.from({ length: 5000 }, () => `${entry},${other}`).join(",");
  const bytes = new TextEncoder().encode(`{"schemaVersion":2,"manifests":[${items}]}`);
  const store = new MemoryStore();
  const descriptor = await describeBytes(bytes, MEDIA_TYPE.ociIndex);
  await store.write(bytesContent(bytes, descriptor));
  const view = openView(store, descriptor);
  assert(view.kind === "index");
  const filtered = await filterIndex(view, [parsePlatform("linux")]);
  assertEquals(jsonOf(await filtered.manifest()).manifests.length, 5000);
});
