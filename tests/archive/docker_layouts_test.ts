import { assert, assertEquals, assertRejects } from "@std/assert";
import { openDockerArchive } from "../../lib/archive/mod.ts";
import { DigestMismatchError } from "../../lib/errors.ts";
import type { Image } from "../../lib/image/image.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { copy } from "../../lib/store/copy.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { textOf } from "../support/images.ts";
import { tempDir } from "../support/temp_dir.ts";
import { type FileSpec, makeTar } from "./make_tar.ts";
import { configFor, layerTar, type SavedTar } from "./saved.ts";

const ID = "a".repeat(64);
const OTHER_ID = "b".repeat(64);

/** Ways to lay out an image of two layers, the second of which has the first's tar again or its own. */
interface Layout {
  readonly layout: string;
  readonly files: (image: TwoLayers) => Promise<[string, FileSpec][]> | [string, FileSpec][];
}

interface TwoLayers {
  readonly base: SavedTar;
  readonly top: SavedTar;
  readonly config: { readonly text: string; readonly hex: string };
}

function manifestJson(config: string, layers: readonly string[]): [string, string] {
  return [
    "manifest.json",
    JSON.stringify([{ Config: config, RepoTags: ["example/app:v1"], Layers: layers }]),
  ];
}

const LAYOUTS: readonly Layout[] = [
  {
    layout: "Docker 1.10 to 24, a directory for each layer",
    files: ({ base, top, config }) => [
      [`${ID}/VERSION`, "1.0"],
      [`${ID}/json`, "{}"],
      [`${ID}/layer.tar`, base.plain],
      [`${OTHER_ID}/layer.tar`, top.plain],
      [`${config.hex}.json`, config.text],
      manifestJson(`${config.hex}.json`, [`${ID}/layer.tar`, `${OTHER_ID}/layer.tar`]),
      ["repositories", `{"example/app":{"v1":"${OTHER_ID}"}}`],
    ],
  },
  {
    layout: "a symlink to the layer of another directory",
    files: ({ base, top, config }) => [
      [`${ID}/layer.tar`, { symlink: `../${"c".repeat(64)}/layer.tar` }],
      [`${"c".repeat(64)}/layer.tar`, base.plain],
      [`${OTHER_ID}/layer.tar`, top.plain],
      [`${config.hex}.json`, config.text],
      manifestJson(`${config.hex}.json`, [`${ID}/layer.tar`, `${OTHER_ID}/layer.tar`]),
    ],
  },
  {
    layout: "a symlink to a directory, and one from the root",
    files: ({ base, top, config }) => [
      ["real/base.tar", base.plain],
      ["real/top.tar", top.plain],
      ["dir", { symlink: "real" }],
      ["top.tar", { symlink: "/real/top.tar" }],
      ["config.json", config.text],
      manifestJson("config.json", ["dir/base.tar", "top.tar"]),
    ],
  },
  {
    layout: "hard links",
    files: ({ base, top, config }) => [
      ["layers/one", base.plain],
      ["layers/two", top.plain],
      [`${ID}/layer.tar`, { hardlink: "layers/one" }],
      [`${OTHER_ID}/layer.tar`, { hardlink: "./layers/two" }],
      ["config.json", config.text],
      manifestJson("config.json", [`${ID}/layer.tar`, `${OTHER_ID}/layer.tar`]),
    ],
  },
  {
    layout: '"./" before every path',
    files: ({ base, top, config }) => [
      ["./base.tar", base.plain],
      ["./top.tar", top.plain],
      ["./config.json", config.text],
      ["./manifest.json", manifestJson("./config.json", ["base.tar", "./top.tar"])[1]],
    ],
  },
  {
    layout: "go-containerregistry's, with gzip layers and a config named by its digest",
    files: ({ base, top, config }) => [
      [`sha256:${config.hex}`, config.text],
      ["0.tar.gz", base.gzip],
      ["1.tar.gz", top.gzip],
      manifestJson(`sha256:${config.hex}`, ["0.tar.gz", "1.tar.gz"]),
    ],
  },
  {
    layout: "one layer plain and one gzip",
    files: ({ base, top, config }) => [
      ["config.json", config.text],
      ["0", base.plain],
      ["1", top.gzip],
      manifestJson("config.json", ["0", "1"]),
    ],
  },
  {
    layout: "the same file twice",
    files: ({ base, top, config }) => [
      ["config.json", config.text],
      ["0", base.plain],
      ["1", top.plain],
      ["0", base.plain],
      ["config.json", config.text],
      manifestJson("config.json", ["0", "1"]),
    ],
  },
  {
    layout: "Docker before 1.10, without manifest.json",
    files: ({ base, top }) => [
      [`${OTHER_ID}/json`, `{"id":"${OTHER_ID}","parent":"${ID}","os":"linux"}`],
      [`${OTHER_ID}/layer.tar`, top.plain],
      [`${ID}/json`, `{"id":"${ID}","os":"linux"}`],
      [`${ID}/layer.tar`, base.plain],
      ["repositories", `{"example/app":{"v1":"${OTHER_ID}"}}`],
    ],
  },
];

for (const { layout, files } of LAYOUTS) {
  Deno.test(`openDockerArchive() reads ${layout}`, async () => {
    await using dir = await tempDir();
    const image = await twoLayers();
    await makeTar(dir.join("saved.tar"), await files(image));
    await using archive = await openDockerArchive(dir.join("saved.tar"));
    assertEquals(await Array.fromAsync(archive.names()), ["example/app:v1"]);
    const saved = await archive.open("docker.io/example/app:v1") as Image;
    const layers = await saved.layers();
    const contents = await Promise.all(
      layers.map((layer) => new Response(layer.uncompressed()).bytes()),
    );
    assertEquals(contents, [image.base.plain, image.top.plain]);
    assertEquals(
      await Promise.all(layers.map((layer) => layer.diffId())),
      [image.base.diffId, image.top.diffId],
    );
    const config = JSON.parse(textOf(await saved.config()));
    assertEquals(config.rootfs.diff_ids, [image.base.diffId, image.top.diffId]);
    await using store = new MemoryStore();
    await copy(saved, store, { names: ["v1"] });
  });
}

Deno.test("plain layers are compressed for a place that asks for it, compressed ones are kept", async () => {
  await using dir = await tempDir();
  const { base, top, config } = await twoLayers();
  await makeTar(dir.join("saved.tar"), [
    ["config.json", config.text],
    ["0", base.plain],
    ["1", top.gzip],
    manifestJson("config.json", ["0", "1"]),
  ]);
  await using archive = await openDockerArchive(dir.join("saved.tar"));
  const image = await archive.open() as Image;
  const [plain, kept] = await image.layers();
  assert(plain !== undefined && kept !== undefined);
  assertEquals(plain.descriptor, undefined);
  assertEquals(plain.mediaType, MEDIA_TYPE.dockerLayerGzip);
  assertEquals(kept.mediaType, MEDIA_TYPE.dockerLayerGzip);
  assertEquals(await new Response(kept.compressed()).bytes(), top.gzip);
  assertEquals(await kept.digest(), await digestBytes(top.gzip));
  assertEquals(textOf(await image.config()), config.text);
});

for (const form of ["plain", "gzip"] as const) {
  Deno.test(`a ${form} layer that is not what its diff ID says fails as it passes`, async () => {
    await using dir = await tempDir();
    const { base, top } = await twoLayers();
    const config = await configFor([base.diffId]);
    await makeTar(dir.join("saved.tar"), [
      ["config.json", config.text],
      ["0", top[form]],
      manifestJson("config.json", ["0"]),
    ]);
    await using archive = await openDockerArchive(dir.join("saved.tar"));
    const image = await archive.open() as Image;
    await using store = new MemoryStore();
    const error = await assertRejects(() => copy(image, store), DigestMismatchError);
    assertEquals([error.expected, error.actual], [base.diffId, top.diffId]);
  });
}

for (
  const name of ["test_image_1", "test_image_1:latest", "index.docker.io/library/test_image_1"]
) {
  Deno.test(`the image saved as "test_image_1:latest" is found as "${name}"`, async () => {
    await using dir = await tempDir();
    const { base } = await twoLayers();
    const config = await configFor([base.diffId]);
    await makeTar(dir.join("saved.tar"), [
      ["config.json", config.text],
      ["0", base.plain],
      [
        "manifest.json",
        JSON.stringify([
          { Config: "config.json", RepoTags: ["test_image_1:latest"], Layers: ["0"] },
          { Config: "other.json", RepoTags: ["test_image_2:latest"], Layers: [] },
        ]),
      ],
    ]);
    await using archive = await openDockerArchive(dir.join("saved.tar"));
    assertEquals(textOf(await (await archive.open(name) as Image).config()), config.text);
  });
}

for (const [suffix, command] of [["gz", "gzip"], ["zst", "zstd"]] as const) {
  Deno.test(`openDockerArchive() reads a file that is ${command} as a whole`, async () => {
    await using dir = await tempDir();
    const { base } = await twoLayers();
    const config = await configFor([base.diffId]);
    await makeTar(dir.join("saved.tar"), [
      ["config.json", config.text],
      ["0", base.plain],
      manifestJson("config.json", ["0"]),
    ]);
    const compressed = dir.join(`saved.tar.${suffix}`);
    await compressFile(dir.join("saved.tar"), compressed, command);
    await using archive = await openDockerArchive(compressed);
    assertEquals(textOf(await (await archive.open() as Image).config()), config.text);
  });
}

async function compressFile(from: string, to: string, format: "gzip" | "zstd"): Promise<void> {
  const { compress } = await import("../../lib/stream/compress.ts");
  const source = (await Deno.open(from)).readable;
  await Deno.writeFile(to, compress(source, { compression: format, workers: 0 }));
}

async function twoLayers(): Promise<TwoLayers> {
  const base = await layerTar("base", "base\n");
  const top = await layerTar("top", "top\n");
  return { base, top, config: await configFor([base.diffId, top.diffId]) };
}
