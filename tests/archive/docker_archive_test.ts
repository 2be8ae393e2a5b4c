import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  createDockerArchive,
  createLegacyArchive,
  openDockerArchive,
  openOciArchive,
} from "../../lib/archive/mod.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { annotateImage } from "../../lib/image/configure.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import type { Image } from "../../lib/image/image.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { bytesContent, describeBytes } from "../../lib/store/content.ts";
import { copy } from "../../lib/store/copy.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { readTar } from "../../lib/tar/read_tar.ts";
import { jsonOf, makeImage } from "../support/images.ts";
import { tempDir } from "../support/temp_dir.ts";

async function readEntries(path: string): Promise<Map<string, Uint8Array>> {
  const entries = new Map<string, Uint8Array>();
  for await (const entry of readTar((await Deno.open(path)).readable)) {
    entries.set(entry.header.name, await entry.bytes());
  }
  return entries;
}

function twoLayers(): Image {
  return makeImage([[{ path: "a", content: "a" }], [{ path: "b", content: "b" }]]);
}

Deno.test("a docker archive is an OCI layout with a manifest.json over the same blobs", async () => {
  await using dir = await tempDir();
  await using archive = await createDockerArchive(dir.join("out.tar"));
  const image = twoLayers();
  await copy(image, archive, { names: ["alpine", "registry.example:5000/team/app:v1"] });
  await archive.commit();
  const entries = await readEntries(dir.join("out.tar"));
  const { digest } = await image.descriptor();
  const { digest: config } = await image.configDescriptor();
  const layers = await Promise.all((await image.layers()).map((layer) => layer.digest()));
  const path = (of: string) => `blobs/sha256/${of.slice(7)}`;
  assertEquals([...entries.keys()], [
    ...layers.map(path),
    path(config),
    path(digest),
    "index.json",
    "manifest.json",
    "oci-layout",
  ]);
  assertEquals(jsonOf(entries.get("manifest.json") ?? new Uint8Array()), [{
    Config: path(config),
    RepoTags: ["alpine:latest", "registry.example:5000/team/app:v1"],
    Layers: layers.map(path),
  }]);
  const index = jsonOf(entries.get("index.json") ?? new Uint8Array());
  const { size } = await image.descriptor();
  assertEquals(index.manifests, [
    {
      mediaType: MEDIA_TYPE.ociManifest,
      digest,
      size,
      annotations: {
        "io.containerd.image.name": "docker.io/library/alpine:latest",
        "org.opencontainers.image.ref.name": "latest",
      },
    },
    {
      mediaType: MEDIA_TYPE.ociManifest,
      digest,
      size,
      annotations: {
        "io.containerd.image.name": "registry.example:5000/team/app:v1",
        "org.opencontainers.image.ref.name": "v1",
      },
    },
  ]);
  assertEquals(jsonOf(entries.get("oci-layout") ?? new Uint8Array()), {
    imageLayoutVersion: "1.0.0",
  });
});

Deno.test("an image keeps its digest through a docker archive", async () => {
  await using dir = await tempDir();
  const image = twoLayers();
  {
    await using archive = await createDockerArchive(dir.join("out.tar"));
    await copy(image, archive, { names: ["example/app:v1"] });
    await archive.commit();
  }
  await using archive = await openDockerArchive(dir.join("out.tar"));
  await using store = new MemoryStore();
  const { digest } = await copy(await archive.open("example/app:v1"), store);
  assertEquals(digest, (await image.descriptor()).digest);
  await using layout = await openOciArchive(dir.join("out.tar"));
  assertEquals((await layout.resolve("docker.io/example/app:v1")).digest, digest);
});

Deno.test("of manifests with one config, each name keeps its own", async () => {
  await using dir = await tempDir();
  await using archive = await createDockerArchive(dir.join("out.tar"));
  const images = ["one", "two"].map((team) =>
    [team, annotateImage(twoLayers(), { team })] as const
  );
  for (const [name, image] of images) await copy(image, archive, { names: [name] });
  await archive.commit();
  await using written = await openDockerArchive(dir.join("out.tar"));
  for (const [name, image] of images) {
    const view = await written.open(name);
    assertEquals((await view.descriptor()).digest, (await image.descriptor()).digest);
  }
});

Deno.test("images share blobs, and one image with several names is written once", async () => {
  await using dir = await tempDir();
  const base = [{ path: "a", content: "a" }];
  const images = [makeImage([base]), makeImage([base, [{ path: "b", content: "b" }]])];
  await using archive = await createDockerArchive(dir.join("out.tar"));
  for (const [i, image] of images.entries()) await copy(image, archive, { names: [`app:v${i}`] });
  for (const image of images.slice(0, 1)) await copy(image, archive, { names: ["app:again"] });
  await archive.commit();
  const entries = await readEntries(dir.join("out.tar"));
  const blobs = [...entries.keys()].filter((name) => name.startsWith("blobs/"));
  assertEquals(blobs.length, 2 + 2 + 2);
  const listed = jsonOf(entries.get("manifest.json") ?? new Uint8Array());
  assertEquals(
    listed.map(({ RepoTags }: { RepoTags: string[] }) => RepoTags),
    [["app:again", "app:v0"], ["app:v1"]],
  );
});

Deno.test("a name moves to the image that was given it last", async () => {
  await using dir = await tempDir();
  await using written = await createDockerArchive(dir.join("out.tar"));
  const last = makeImage([[{ path: "b", content: "b" }]]);
  await copy(makeImage([[{ path: "a", content: "a" }]]), written, { names: ["app:v1", "app:old"] });
  await copy(last, written, { names: ["docker.io/library/app:v1"] });
  await written.commit();
  await using archive = await openDockerArchive(dir.join("out.tar"));
  assertEquals(await (await archive.open("app:v1") as Image).config(), await last.config());
  assertEquals((await Array.fromAsync(archive.names())).sort(), ["app:old", "app:v1"]);
});

for (
  const [form, create] of [
    ["docker", createDockerArchive],
    ["legacy", createLegacyArchive],
  ] as const
) {
  Deno.test(`a name without a tag gets one in a ${form} archive, a digest alone none`, async () => {
    await using dir = await tempDir();
    const digest = `sha256:${"0".repeat(64)}`;
    const cases = [["example/app", ["example/app:latest"]], [
      `example/app@${digest}`,
      null,
    ]] as const;
    for (const [name, repoTags] of cases) {
      await using archive = await create(dir.join("out.tar"));
      await copy(twoLayers(), archive, { names: [name] });
      await archive.commit();
      const entries = await readEntries(dir.join("out.tar"));
      const [listed] = jsonOf(entries.get("manifest.json") ?? new Uint8Array());
      assertEquals(listed.RepoTags, repoTags);
    }
  });

  Deno.test(`a ${form} archive refuses an index, and to be empty`, async () => {
    await using dir = await tempDir();
    await using archive = await create(dir.join("out.tar"));
    const index = createIndex([{ image: makeImage([]) }]);
    const bytes = await index.manifest();
    const content = bytesContent(bytes, await describeBytes(bytes, MEDIA_TYPE.ociIndex));
    await assertRejects(() => archive.write(content, { names: [] }), UnsupportedError);
    await assertRejects(
      () => archive.commit(),
      UnsupportedError,
      "expected an image in it, got none",
    );
  });
}

Deno.test("an image without layers has no place in a legacy archive", async () => {
  await using dir = await tempDir();
  {
    await using archive = await createLegacyArchive(dir.join("out.tar"));
    await copy(makeImage([]), archive, { names: ["example/app:v1"] });
    const error = await assertRejects(() => archive.commit(), UnsupportedError);
    assertStringIncludes(error.message, "expected at least one layer");
  }
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

Deno.test("a legacy archive holds the plain tars, and reads back with the same config", async () => {
  await using dir = await tempDir();
  const image = twoLayers();
  {
    await using archive = await createLegacyArchive(dir.join("out.tar"));
    await copy(image, archive, { names: ["example/app:v1"] });
    await archive.commit();
  }
  await using archive = await openDockerArchive(dir.join("out.tar"));
  const saved = await archive.open("example/app:v1") as Image;
  assertEquals(await saved.config(), await image.config());
  const pairs = [await image.layers(), await saved.layers()];
  const [before, after] = await Promise.all(
    pairs.map((layers) =>
      Promise.all(layers.map((layer) => new Response(layer.uncompressed()).bytes()))
    ),
  );
  assertEquals(after, before);
});
