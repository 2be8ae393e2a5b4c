import { assertEquals, assertRejects } from "@std/assert";
import { configureImage } from "../../lib/image/configure.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import { mapImages } from "../../lib/image/map_images.ts";
import { openView } from "../../lib/image/open_view.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { copy } from "../../lib/store/copy.ts";
import { describeBytes } from "../../lib/store/content.ts";
import { bytesContent } from "../../lib/store/content.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { jsonOf, makeImage, textOf } from "../support/images.ts";

function label(image: Image): Image {
  return configureImage(image, { labels: { team: "deck" } });
}

function twoPlatforms(): View {
  return createIndex([
    { image: makeImage([], { platform: "linux/amd64" }) },
    { image: makeImage([], { platform: "linux/arm64" }) },
  ], { origin: "test" });
}

Deno.test("mapImages() edits a single image", async () => {
  const view = await mapImages(makeImage([]), label);
  assertEquals(view.kind, "image");
  if (view.kind === "image") {
    assertEquals(jsonOf(await view.config()).config.Labels, { team: "deck" });
  }
});

Deno.test("mapImages() edits every image of an index, which stays an index", async () => {
  const view = await mapImages(twoPlatforms(), label);
  if (view.kind !== "index") throw new TypeError("the index became something else");
  const children = await view.children();
  const listed = jsonOf(await view.manifest());
  assertEquals(listed.annotations, { origin: "test" });
  assertEquals(listed.manifests.length, 2);
  for (const [position, child] of children.entries()) {
    const { digest, size } = await child.descriptor();
    assertEquals([listed.manifests[position].digest, listed.manifests[position].size], [
      digest,
      size,
    ]);
  }
});

Deno.test("mapImages() takes attestations along to the new digests", async () => {
  const store = new MemoryStore();
  const image = makeImage([]);
  const subject = await copy(image, store);
  const attestation = await copy(makeImage([], { labels: { is: "attestation" } }), store);
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      { ...subject, platform: { os: "linux", architecture: "amd64" } },
      {
        ...attestation,
        platform: { os: "unknown", architecture: "unknown" },
        annotations: {
          "vnd.docker.reference.type": "attestation-manifest",
          "vnd.docker.reference.digest": subject.digest,
        },
      },
    ],
    unknown: 1.0,
  }).replace('"unknown":1', '"unknown":1.0');
  const bytes = new TextEncoder().encode(text);
  const descriptor = await describeBytes(bytes, "application/vnd.oci.image.index.v1+json");
  await store.write(bytesContent(bytes, descriptor), { names: ["v1"] });
  await store.commit();

  const view = await mapImages(openView(store, descriptor), label);
  if (view.kind !== "index") throw new TypeError("the index became something else");
  const edited = jsonOf(await view.manifest());
  assertEquals(edited.manifests[1].digest, attestation.digest);
  assertEquals(
    edited.manifests[1].annotations["vnd.docker.reference.digest"],
    edited.manifests[0].digest,
  );
  assertEquals(textOf(await view.manifest()).includes('"unknown":1.0'), true);
});

Deno.test("mapImages() refuses a blob", async () => {
  const store = new MemoryStore();
  const bytes = new TextEncoder().encode("text");
  const descriptor = await describeBytes(bytes, "text/plain");
  await store.write(bytesContent(bytes, descriptor));
  await assertRejects(
    async () => await mapImages(openView(store, descriptor), label),
    UnsupportedError,
    "text/plain",
  );
});
