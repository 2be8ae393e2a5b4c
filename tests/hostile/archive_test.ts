import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gzipSync } from "node:zlib";
import { serveRegistry } from "../../lib/server/mod.ts";
import { type FileSpec, makeTar } from "../archive/make_tar.ts";
import { spawnDavit } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { checkFailure, listAll, refused, taken } from "./attack.ts";
import { EMPTY_TAR, imageContents, toBytes } from "./contents.ts";
import { layOut, layoutFiles, writeLayout } from "./places.ts";

const DIFF_ID = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
const CONFIG = JSON.stringify({
  architecture: "amd64",
  os: "linux",
  rootfs: { type: "layers", diff_ids: [DIFF_ID] },
});

/** An archive of `docker save` that is right but for the path of its layer, and what comes first. */
function saved(
  layer: unknown,
  ...first: readonly (readonly [string, FileSpec])[]
): readonly (readonly [string, FileSpec])[] {
  const image = { Config: "config.json", RepoTags: ["app:v1"], Layers: [layer] };
  return [
    ...first,
    ["config.json", CONFIG],
    ["layer.tar", EMPTY_TAR],
    ["manifest.json", JSON.stringify([image])],
  ];
}

const ARCHIVES: readonly {
  readonly why: string;
  readonly files: readonly (readonly [string, FileSpec])[];
  readonly says: string;
  readonly code?: number;
}[] = [
  { why: "a layer outside of it", files: saved("../../../etc/passwd"), says: "leads out of it" },
  {
    why: "a layer of the host",
    files: saved("/etc/passwd"),
    says: 'layer "/etc/passwd"',
    code: 3,
  },
  {
    why: "a symlink out of it",
    files: saved("link", ["link", { symlink: "../../../etc/passwd" }]),
    says: "leads out of it",
  },
  {
    why: "a hard link to the host",
    files: saved("link", ["link", { hardlink: "/etc/passwd" }]),
    says: 'layer "link"',
    code: 3,
  },
  {
    why: "symlinks in a circle",
    files: saved("a", ["a", { symlink: "b" }], ["b", { symlink: "a" }]),
    says: "at most 40 links",
  },
  {
    why: "two layers of one name",
    files: saved("layer.tar", ["layer.tar", new Uint8Array(2048)]),
    says: "got 2 that differ",
  },
  { why: "a layer that is a number", files: saved(7), says: "$[0].Layers[0]" },
  { why: "manifest.json null", files: [["manifest.json", "null"]], says: "a list of images" },
  {
    why: "manifest.json of 5 MiB",
    files: [["manifest.json", " ".repeat(5 * 1024 ** 2)]],
    says: "manifest.json",
  },
  {
    why: "a layer that is not its diff ID",
    files: saved("other.tar", ["other.tar", new Uint8Array(2048)]),
    says: "expected digest",
  },
  { why: "nothing that it should have", files: [["README", "hello"]], says: "got neither" },
];

for (const { why, files, says, code = 1 } of ARCHIVES) {
  for (const compressed of [false, true]) {
    const form = compressed ? "a compressed archive" : "an archive";
    Deno.test(`54: push of ${form} with ${why} fails, and the registry has nothing`, async () => {
      await using dir = await tempDir();
      await using server = await serveRegistry();
      const path = dir.join("evil.tar");
      await makeTar(path, files);
      if (compressed) await Deno.writeFile(path, gzipSync(await Deno.readFile(path)));
      const refusal = await refused(["push", path, `${server.address}/app:v1`]);
      assertStringIncludes(refusal.message, says);
      assertEquals(refusal.code, code);
      const answer = await fetch(`${server.url}/v2/app/tags/list`);
      const { tags = [] } = await answer.json();
      assertEquals(tags, []);
      assertEquals(await listAll(dir.path), ["evil.tar"]);
    });
  }
}

Deno.test("37: an archive that is a bomb is refused, and nothing stays where the system keeps temporary files", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(dir.join("tmp"));
  const path = dir.join("evil.tar.gz");
  await Deno.writeFile(path, gzipSync(new Uint8Array(256 * 1024 ** 2), { level: 1 }));
  const command = ["copy", `docker-archive:${path}`, `oci:${dir.join("out")}:v1`];
  const result = await spawnDavit(command, { env: { TMPDIR: dir.join("tmp") } });
  assertStringIncludes(checkFailure(command, result).message, "got neither");
  assertEquals(await listAll(dir.path), ["evil.tar.gz", "tmp"]);
});

Deno.test("54: standard input that is no archive leaves no temporary file", async () => {
  await using dir = await tempDir();
  const command = ["export", "-", dir.join("rootfs.tar")];
  for (const stdin of [new Uint8Array(), toBytes("hello"), gzipSync(EMPTY_TAR)]) {
    const result = await spawnDavit(command, { env: { TMPDIR: dir.path }, stdin });
    checkFailure(command, result);
    assertEquals(await listAll(dir.path), []);
  }
});

peerTest("54: an archive of unknown form is read from a pipe, once", {
  needs: ["mkfifo", "cp"],
}, async () => {
  await using dir = await tempDir();
  const contents = await imageContents();
  await makeTar(dir.join("image.tar"), layoutFiles(contents));
  await runOk("mkfifo", [dir.join("pipe")]);
  const feeding = runOk("cp", [dir.join("image.tar"), dir.join("pipe")]);
  await taken(["export", dir.join("pipe"), dir.join("rootfs.tar")]);
  await feeding;
});

const LAYOUTS: readonly {
  readonly item: number;
  readonly why: string;
  readonly damage: (layout: string) => Promise<unknown>;
  readonly says: string;
}[] = [
  { item: 45, why: "index.json null", damage: index("null"), says: "an object at $" },
  { item: 45, why: "an empty index.json", damage: index(""), says: "a JSON value" },
  {
    item: 45,
    why: "index.json with a member twice",
    damage: index('{"schemaVersion":2,"manifests":[],"manifests":[]}'),
    says: '"manifests" again',
  },
  {
    item: 45,
    why: "index.json that is no UTF-8",
    damage: index(Uint8Array.of(0x22, 0xff, 0x22)),
    says: "expected UTF-8",
  },
  {
    item: 49,
    why: "index.json of 1 GiB",
    damage: (layout) => Deno.truncate(`${layout}/index.json`, 2 ** 30),
    says: "at most 67108864",
  },
  {
    item: 49,
    why: "oci-layout of 1 GiB",
    damage: (layout) => Deno.truncate(`${layout}/oci-layout`, 2 ** 30),
    says: "at most 67108864",
  },
  { item: 54, why: "a pipe for index.json", damage: replaced("index.json"), says: "got no file" },
  { item: 54, why: "a pipe for oci-layout", damage: replaced("oci-layout"), says: "got no file" },
  {
    item: 54,
    why: "a directory for index.json",
    damage: async (layout) => {
      await Deno.remove(`${layout}/index.json`);
      await Deno.mkdir(`${layout}/index.json`);
    },
    says: "expected a file, got a directory",
  },
  {
    item: 54,
    why: "a symlink to the host for a blob",
    damage: async (layout) => {
      const { manifests: [{ digest }] } = JSON.parse(
        await Deno.readTextFile(`${layout}/index.json`),
      );
      const blob = `${layout}/blobs/${digest.replace(":", "/")}`;
      await Deno.remove(blob);
      await Deno.symlink("/etc/passwd", blob);
    },
    says: "expected a regular file, got a symbolic link",
  },
  {
    item: 54,
    why: "a later version",
    damage: (layout) =>
      Deno.writeTextFile(`${layout}/oci-layout`, '{"imageLayoutVersion":"2.0.0"}'),
    says: 'expected imageLayoutVersion "1.0.0", got "2.0.0"',
  },
];

function index(content: string | Uint8Array): (layout: string) => Promise<void> {
  return (layout) => Deno.writeFile(`${layout}/index.json`, toBytes(content));
}

function replaced(name: string): (layout: string) => Promise<void> {
  return async (layout) => {
    await Deno.remove(`${layout}/${name}`);
    await runOk("mkfifo", [`${layout}/${name}`]);
  };
}

for (const { item, why, damage, says } of LAYOUTS) {
  Deno.test(`${item}: copy from a layout with ${why} fails, and so does a copy into it`, async () => {
    await using dir = await tempDir();
    const layout = dir.join("evil");
    await writeLayout(layout, await imageContents());
    await damage(layout);
    const files = await listAll(layout);
    const { message } = await refused(["copy", `oci:${layout}:v1`, `oci:${dir.join("out")}:v1`]);
    assertStringIncludes(message, says);
    assert(message.includes(layout), message);
    if (why.includes("blob")) return;
    await using other = await layOut(
      await imageContents({ config: { author: "b" } }),
      "layout",
      dir.path,
    );
    await refused(["copy", other.location, `oci:${layout}:v2`]);
    const added = (await listAll(layout)).filter((path) => !files.includes(path));
    assert(added.every((path) => /^blobs\/sha256\/[0-9a-f]{64}$/.test(path)), added.join());
  });
}

Deno.test("49: a layout of more than ten thousand images opens", async () => {
  await using dir = await tempDir();
  const contents = await imageContents();
  await writeLayout(dir.join("busy"), contents);
  const manifests = Array.from({ length: 12_000 }, (_, tag) => ({
    ...contents.root,
    annotations: { "org.opencontainers.image.ref.name": `t${tag}` },
  }));
  await index(JSON.stringify({ schemaVersion: 2, manifests }))(dir.join("busy"));
  const printed = await taken(["digest", `oci:${dir.join("busy")}:t11999`]);
  assertEquals(printed.trim(), contents.root.digest);
});
