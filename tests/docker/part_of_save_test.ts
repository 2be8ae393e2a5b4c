/** Images of Docker of which some layers are not asked for. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { savedLayerIds } from "../../lib/archive/saved_layer_ids.ts";
import { DockerDaemon } from "../../lib/docker/daemon.ts";
import { readPartOfSave } from "../../lib/docker/part_of_save.ts";
import { DigestMismatchError, DockerError, UnsupportedError } from "../../lib/errors.ts";
import type { Image } from "../../lib/image/image.ts";
import type { Layer } from "../../lib/layer/layer.ts";
import { type Digest, digestBytes, hexOf } from "../../lib/oci/digest.ts";
import { copy } from "../../lib/store/copy.ts";
import { readTar } from "../../lib/tar/read_tar.ts";
import { type TarInput, writeTar } from "../../lib/tar/write_tar.ts";
import { runOk } from "../support/command.ts";
import { engineTest } from "../support/engine.ts";
import { makeImage } from "../support/images.ts";
import { tempDir } from "../support/temp_dir.ts";
import { fakeDocker } from "./fake_docker.ts";

const TARS = ["lower", "inner", "upper"].map((text) => encode(text.repeat(100)));
const DIFF_IDS = await Promise.all(TARS.map((tar) => digestBytes(tar)));
const CONFIG = encode(JSON.stringify({
  architecture: "amd64",
  os: "linux",
  rootfs: { type: "layers", diff_ids: DIFF_IDS },
}));
const ID = await digestBytes(CONFIG);
const CREATED = "1970-01-01T01:00:00+01:00";

/** What Docker wrote before version 25, in a time zone of its own, and what it writes since. */
const SAVES: Readonly<Record<string, readonly TarInput[]>> = {
  "before Docker 25": await legacySave(),
  "since Docker 25": [
    ...DIFF_IDS.map((digest, at) => file(`blobs/sha256/${hexOf(digest)}`, TARS[at])),
    file(`blobs/sha256/${hexOf(ID)}`, CONFIG),
    file("manifest.json", encode("[]")),
  ],
};

for (const [form, inputs] of Object.entries(SAVES)) {
  for (const leftOut of [[0], [1], [2], [0, 1], [0, 2]]) {
    const isLeftOut = (diffId: Digest) => leftOut.includes(DIFF_IDS.indexOf(diffId));

    Deno.test(`of an image saved ${form}, layers ${leftOut} are left out`, async () => {
      await using dir = await tempDir();
      const image = await read(inputs, isLeftOut, dir.join("kept"));
      assert(image !== undefined);
      assertEquals(await image.config(), CONFIG);
      for (const [at, layer] of (await image.layers()).entries()) {
        assertEquals(await layer.diffId(), DIFF_IDS[at]);
        if (leftOut.includes(at)) assertThrows(() => layer.uncompressed(), UnsupportedError);
        else assertEquals(await tarOf(layer), TARS[at]);
      }
      const { size } = await Deno.stat(dir.join("kept"));
      // Which directory the top layer has is not known before it is hashed.
      assert(size <= 500 * (4 - leftOut.length), `${size} bytes were kept`);
    });
  }
}

Deno.test("nothing is read behind the last that is wanted", async () => {
  await using dir = await tempDir();
  const [inputs = []] = Object.values(SAVES);
  let isCancelled = false;
  const endless = ReadableStream.from(async function* () {
    try {
      for (const input of [...inputs.slice(-1), ...inputs.slice(0, -1)]) {
        yield* withoutEnd(writeTar([input]));
      }
      await new Promise<void>(() => {});
    } finally {
      isCancelled = true;
    }
  }());
  const image = await readPartOfSave(
    endless,
    partOf((diffId) => diffId === DIFF_IDS[0]),
    await kept(),
  );
  assert(image !== undefined && isCancelled);

  async function kept(): Promise<string> {
    await Deno.writeFile(dir.join("kept"), new Uint8Array());
    return dir.join("kept");
  }
});

Deno.test("a layer that is not what its name says is none of the image", async () => {
  await using dir = await tempDir();
  const forged = SAVES["since Docker 25"]?.map((input) =>
    input.header.name.endsWith(hexOf(DIFF_IDS[1] ?? ID)) ? file(input.header.name, TARS[0]) : input
  );
  const image = await read(forged ?? [], (diffId) => diffId === DIFF_IDS[0], dir.join("kept"));
  assertEquals(image, undefined);
});

Deno.test("a config that is not what its name says is refused", async () => {
  await using dir = await tempDir();
  const inputs = [file(`${hexOf(ID)}.json`, encode("{}"))];
  await assertRejects(
    () => read(inputs, () => true, dir.join("kept")),
    DigestMismatchError,
  );
});

Deno.test("a tar of another form is not understood", async () => {
  await using dir = await tempDir();
  const image = await read([file("index.json", encode("{}"))], () => true, dir.join("kept"));
  assertEquals(image, undefined);
});

Deno.test("why docker save fails is told", async () => {
  await using dir = await tempDir();
  const executable = await fakeDocker(dir, "echo 'no luck' >&2; exit 1");
  await using daemon = new DockerDaemon({ executable });
  const image = { id: ID, names: [], diffIds: DIFF_IDS, isUnpacked: true };
  await assertRejects(() => daemon.openPart(image, () => true), DockerError, "no luck");
});

engineTest("an engine's image comes without the layers that are left out", async () => {
  const layers = ["base", "middle", "top"].map((content) => [{ path: content, content }]);
  const name = `davit-test/part:${crypto.randomUUID().slice(0, 8)}`;
  await using daemon = new DockerDaemon();
  await copy(makeImage(layers), daemon, { names: [name] });
  await daemon.commit();
  await using _image = {
    [Symbol.asyncDispose]: async () => void await runOk("docker", ["rmi", name]),
  };
  const engineImage = await daemon.inspect(name);
  const whole = await daemon.open(name) as Image;
  const part = await daemon.openPart(engineImage, (id) => id === engineImage.diffIds[0]) as Image;
  assertEquals(await part.config(), await whole.config());
  for (const [at, layer] of (await part.layers()).entries()) {
    const same = (await whole.layers())[at];
    assertEquals(await layer.diffId(), await same?.diffId());
    if (at > 0 && same !== undefined) assertEquals(await tarOf(layer), await tarOf(same));
  }
});

engineTest("an engine before Docker 25 gives layers the IDs that are expected", async () => {
  const layers = ["base", "middle", "top"].map((content) => [{ path: content, content }]);
  const name = `davit-test/ids:${crypto.randomUUID().slice(0, 8)}`;
  await using daemon = new DockerDaemon();
  await copy(makeImage(layers), daemon, { names: [name] });
  await daemon.commit();
  await using _image = {
    [Symbol.asyncDispose]: async () => void await runOk("docker", ["rmi", name]),
  };
  const created: string[] = [];
  const saved: string[] = [];
  const { bytes } = await runOk("docker", ["save", name]);
  for await (const entry of readTar(ReadableStream.from([bytes]))) {
    if (entry.header.name.endsWith("/layer.tar")) saved.push(entry.header.name.slice(0, 64));
    if (!entry.header.name.endsWith("/json")) continue;
    created.push(JSON.parse(new TextDecoder().decode(await entry.bytes())).created);
  }
  const { diffIds } = await daemon.inspect(name);
  const ids = await Promise.all(created.map((created) => savedLayerIds(diffIds, created)));
  const expected = ids.flatMap((ids) => [...ids.keys()]).filter((id) => saved.includes(id));
  assertEquals(new Set(expected).size, saved.length === 0 ? 0 : 2);
});

async function legacySave(): Promise<TarInput[]> {
  const ids = [...(await savedLayerIds(DIFF_IDS, CREATED)).keys(), "f".repeat(64)];
  const layers = ids.flatMap((id, at) => [
    file(`${id}/VERSION`, encode("1.0")),
    file(`${id}/json`, encode(JSON.stringify({ id, created: at === 2 ? "2026" : CREATED }))),
    file(`${id}/layer.tar`, TARS[at]),
  ]);
  return [...layers, file("manifest.json", encode("[]")), file(`${hexOf(ID)}.json`, CONFIG)];
}

function file(name: string, body: Uint8Array = new Uint8Array()): TarInput {
  const header = { type: "file", name, size: body.length, mode: 0o644, uid: 0, gid: 0, mtime: 0 };
  return { header: { ...header, type: "file" }, body };
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function partOf(isLeftOut: (diffId: Digest) => boolean) {
  return { id: ID, diffIds: DIFF_IDS, isLeftOut };
}

async function read(
  inputs: readonly TarInput[],
  isLeftOut: (diffId: Digest) => boolean,
  path: string,
): Promise<Image | undefined> {
  await Deno.writeFile(path, new Uint8Array());
  return await readPartOfSave(writeTar(inputs), partOf(isLeftOut), path);
}

async function tarOf(layer: Layer): Promise<Uint8Array> {
  return await new Response(layer.uncompressed()).bytes();
}

async function* withoutEnd(tar: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const bytes = await new Response(tar).bytes();
  yield bytes.subarray(0, -1024);
}
