import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { openDockerArchive, openOciArchive } from "../../lib/archive/mod.ts";
import {
  CompressionError,
  type DavitError,
  DigestMismatchError,
  DocumentError,
  FileError,
  LimitExceededError,
  NotFoundError,
  TarError,
} from "../../lib/errors.ts";
import { tempDir } from "../support/temp_dir.ts";
import { type FileSpec, makeTar } from "./make_tar.ts";
import { configFor, layerTar } from "./saved.ts";

const EMPTY_TAR = new Uint8Array(1024);
const EMPTY_DIFF_ID = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
const CONFIG = (await configFor([EMPTY_DIFF_ID])).text;

type ErrorClass = abstract new (...args: never[]) => DavitError;

interface Hostile {
  readonly archive: string;
  readonly files: readonly (readonly [string, FileSpec])[];
  readonly error: ErrorClass;
  readonly says: readonly string[];
}

/** An archive that is right but for the files that follow, which come before the right ones. */
function saved(
  layer: string,
  ...files: readonly (readonly [string, FileSpec])[]
): [string, FileSpec][] {
  const listed = [{ Config: "config.json", RepoTags: ["app:v1"], Layers: [layer] }];
  return [
    ...files.map(([name, spec]): [string, FileSpec] => [name, spec]),
    ["config.json", CONFIG],
    ["layer.tar", EMPTY_TAR],
    ["manifest.json", JSON.stringify(listed)],
  ];
}

const HOSTILE: readonly Hostile[] = [
  {
    archive: "a layer outside of the archive",
    files: saved("../../etc/passwd"),
    error: DocumentError,
    says: ['"../../etc/passwd"', "docker-archive:", "leads out of it"],
  },
  {
    archive: "a layer by an absolute path, which is inside of the archive",
    files: saved("/etc/passwd"),
    error: NotFoundError,
    says: ['layer "/etc/passwd"'],
  },
  {
    archive: "a symlink that leads out of the archive",
    files: saved("link", ["link", { symlink: "../../etc/passwd" }]),
    error: DocumentError,
    says: ['"link"', "leads out of it"],
  },
  {
    archive: "symlinks in a circle",
    files: saved("a", ["a", { symlink: "b" }], ["b", { symlink: "a" }]),
    error: DocumentError,
    says: ['"a"', "at most 40 links"],
  },
  {
    archive: "a symlink into itself, which grows",
    files: saved("a/a", ["a", { symlink: "a/a" }]),
    error: DocumentError,
    says: ["at most 40 links"],
  },
  {
    archive: "a layer that is not there",
    files: saved("nowhere/layer.tar"),
    error: NotFoundError,
    says: ['layer "nowhere/layer.tar" in docker-archive:'],
  },
  {
    archive: "a symlink to a layer that is not there",
    files: saved("a", ["a", { symlink: "nowhere" }]),
    error: NotFoundError,
    says: ['layer "a"'],
  },
  {
    archive: "an entry whose name leads out, named by the manifest",
    files: saved("../layer.tar", ["../layer.tar", EMPTY_TAR]),
    error: DocumentError,
    says: ["leads out of it"],
  },
  {
    archive: "two layers of one name that differ",
    files: saved("layer.tar", ["layer.tar", new Uint8Array(2048)]),
    error: DocumentError,
    says: ['"layer.tar"', "one entry, got 2 that differ"],
  },
  {
    archive: "a file and a symlink of one name",
    files: saved("layer.tar", ["layer.tar", { symlink: "config.json" }]),
    error: DocumentError,
    says: ['"layer.tar"', "one entry, got 2 that differ"],
  },
  {
    archive: "two manifest.json that differ",
    files: saved("layer.tar", ["manifest.json", "[]"]),
    error: DocumentError,
    says: ['"manifest.json"', "one entry, got 2 that differ"],
  },
  {
    archive: "two configs that differ",
    files: saved("layer.tar", ["config.json", "{}"]),
    error: DocumentError,
    says: ['"config.json"', "one entry, got 2 that differ"],
  },
  {
    archive: "manifest.json null",
    files: [["manifest.json", "null"]],
    error: DocumentError,
    says: ["manifest.json: expected a list of images", "got nothing"],
  },
  {
    archive: "manifest.json an object",
    files: [["manifest.json", "{}"]],
    error: DocumentError,
    says: ["expected an array at $"],
  },
  {
    archive: "manifest.json without an image",
    files: [["manifest.json", "[]"]],
    error: DocumentError,
    says: ["expected exactly one image, got 0"],
  },
  {
    archive: "manifest.json of 5 MiB",
    files: [["manifest.json", " ".repeat(5 * 1024 * 1024)]],
    error: LimitExceededError,
    says: ["manifest.json of docker-archive:"],
  },
  {
    archive: "manifest.json with a member twice",
    files: [["manifest.json", '[{"Config":"a","Config":"b","Layers":[]}]']],
    error: DocumentError,
    says: ["Config"],
  },
  {
    archive: "an image of 10,001 layers",
    files: [[
      "manifest.json",
      JSON.stringify([{ Config: "c", Layers: Array.from({ length: 10_001 }, () => "l") }]),
    ]],
    error: LimitExceededError,
    says: ["$[0].Layers", "10000"],
  },
  {
    archive: "an image without a config",
    files: [["manifest.json", '[{"Layers":[]}]']],
    error: DocumentError,
    says: ["$[0].Config"],
  },
  {
    archive: "a config that is not there",
    files: [["manifest.json", '[{"Config":"config.json","Layers":[]}]']],
    error: NotFoundError,
    says: ['config "config.json"'],
  },
  {
    archive: "a config of 9 MiB",
    files: [
      ["manifest.json", '[{"Config":"config.json","Layers":[]}]'],
      ["config.json", " ".repeat(9 * 1024 * 1024)],
    ],
    error: LimitExceededError,
    says: ['config "config.json"'],
  },
  {
    archive: "a config that is no JSON",
    files: [["manifest.json", '[{"Config":"config.json","Layers":[]}]'], ["config.json", "hello"]],
    error: DocumentError,
    says: ["config"],
  },
  {
    archive: "fewer diff_ids than layers",
    files: [
      ["manifest.json", '[{"Config":"config.json","Layers":["layer.tar","layer.tar"]}]'],
      ["config.json", CONFIG],
      ["layer.tar", EMPTY_TAR],
    ],
    error: DocumentError,
    says: ['image "config.json"', "as many diff_ids in its config as layers (2), got 1"],
  },
  {
    archive: "a layer in a compression that no image has",
    files: saved("xz", ["xz", Uint8Array.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0, 0, 0])]),
    error: CompressionError,
    says: ["xz"],
  },
  {
    archive: "an index.json whose manifest has other bytes",
    files: [
      [
        "index.json",
        JSON.stringify({
          schemaVersion: 2,
          manifests: [{
            mediaType: "application/vnd.oci.image.manifest.v1+json",
            digest: `sha256:${"0".repeat(64)}`,
            size: 2,
          }],
        }),
      ],
      [`blobs/sha256/${"0".repeat(64)}`, "{}"],
      ...saved("layer.tar"),
    ],
    error: DigestMismatchError,
    says: [`sha256:${"0".repeat(64)}`],
  },
  {
    archive: "a v1 layer below itself",
    files: [
      ["repositories", '{"app":{"v1":"a"}}'],
      ["a/json", '{"parent":"b"}'],
      ["a/layer.tar", EMPTY_TAR],
      ["b/json", '{"parent":"a"}'],
      ["b/layer.tar", EMPTY_TAR],
    ],
    error: DocumentError,
    says: ['image "a"', 'layer "a" below itself'],
  },
  {
    archive: "a v1 layer whose parent is not there",
    files: [
      ["repositories", '{"app":{"v1":"a"}}'],
      ["a/json", '{"parent":"b"}'],
      ["a/layer.tar", EMPTY_TAR],
    ],
    error: NotFoundError,
    says: ['layer "b/json"'],
  },
  {
    archive: "a v1 ID that leads out",
    files: [["repositories", '{"app":{"v1":"../.."}}']],
    error: DocumentError,
    says: ["leads out of it"],
  },
  {
    archive: "repositories that is no map of maps",
    files: [["repositories", '{"app":"v1"}']],
    error: DocumentError,
    says: ["repositories", "$.app"],
  },
  {
    archive: "neither manifest.json nor repositories",
    files: [["index.json", "{}"]],
    error: DocumentError,
    says: ['"manifest.json" or "repositories", got neither', "oci-archive:"],
  },
];

for (const { archive, files, error, says } of HOSTILE) {
  Deno.test(`openDockerArchive() refuses ${archive}`, async () => {
    await using dir = await tempDir();
    await makeTar(dir.join("saved.tar"), files);
    const thrown = await assertRejects(async () => {
      await using archive = await openDockerArchive(dir.join("saved.tar"));
      await archive.open();
    });
    assert(thrown instanceof error, `expected ${error.name}, got ${thrown}`);
    for (const text of says) assertStringIncludes(thrown.message, text);
  });
}

for (const [form, open] of [["docker", openDockerArchive], ["OCI", openOciArchive]] as const) {
  Deno.test(`the ${form} reader tells what is no archive from what is a broken one`, async () => {
    await using dir = await tempDir();
    const { plain } = await layerTar("file", "content".repeat(1000));
    const cases: [name: string, bytes: Uint8Array, error: ErrorClass, says: string][] = [
      ["text", new TextEncoder().encode("hello ".repeat(200)), TarError, "this is no tar"],
      ["cut in a body", plain.subarray(0, 1500), TarError, 'more bytes of "file", got the end'],
      ["cut in a header", plain.subarray(0, 300), TarError, "got the end"],
      ["bzip2", new TextEncoder().encode("BZh91AY&SY"), CompressionError, "bzip2"],
      ["cut gzip", Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), CompressionError, ""],
      ["empty", new Uint8Array(), TarError, "it is empty: expected"],
      ["cut after an entry", plain.subarray(0, -1024), TarError, "it is cut short: expected"],
    ];
    for (const [name, bytes, error, says] of cases) {
      await Deno.writeFile(dir.join(name), bytes);
      const thrown = await assertRejects(() => open(dir.join(name)));
      assert(thrown instanceof error, `${name}: expected ${error.name}, got ${thrown}`);
      assertStringIncludes(thrown.message, says);
    }
    await assertRejects(() => open(dir.join("nowhere")), NotFoundError, "nowhere");
    await assertRejects(() => open(dir.path), FileError, "it is a directory");
  });
}

Deno.test("a compressed archive that fails leaves no temporary file", async () => {
  await using dir = await tempDir();
  const gzip = ReadableStream.from([new TextEncoder().encode("no tar ".repeat(200))])
    .pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(dir.join("a.tar.gz"), gzip);
  const before = await temporaryFiles();
  await assertRejects(() => openDockerArchive(dir.join("a.tar.gz")), TarError);
  assertEquals(await temporaryFiles(), before);
});

async function temporaryFiles(): Promise<string[]> {
  const probe = await Deno.makeTempFile();
  const directory = probe.slice(0, probe.lastIndexOf("/"));
  await Deno.remove(probe);
  const entries = await Array.fromAsync(Deno.readDir(directory));
  return entries.map(({ name }) => name).filter((name) => /^davit-.*\.tar$/.test(name)).sort();
}
