import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  createDockerArchive,
  createLegacyArchive,
  createOciArchive,
  openDockerArchive,
  openOciArchive,
} from "../../lib/archive/mod.ts";
import type { Image } from "../../lib/image/image.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const NAME = "registry.example/team/app:v1";

function twoLayers(): Image {
  return makeImage([[{ path: "a", content: "a\n" }], [{ path: "b", content: "b\n" }]]);
}

async function diffIdsOf(image: Image): Promise<string[]> {
  return await Promise.all((await image.layers()).map((layer) => layer.diffId()));
}

const FORMS = [
  { transport: "docker-archive", create: createDockerArchive },
  { transport: "docker-archive", create: createLegacyArchive },
  { transport: "oci-archive", create: createOciArchive },
] as const;

for (const { transport, create } of FORMS) {
  peerTest(`skopeo unpacks what ${create.name}() makes`, { needs: ["skopeo", "tar"] }, async () => {
    await using dir = await tempDir();
    const image = twoLayers();
    await using archive = await create(dir.join("out.tar"));
    await copy(image, archive, { names: [NAME] });
    await archive.commit();
    const from = `${transport}:${dir.join("out.tar")}:${NAME}`;
    const config = await runOk("skopeo", ["inspect", "--config", "--raw", from]);
    assertEquals(config.bytes, new Uint8Array(await image.config()));
    await runOk("skopeo", ["copy", from, `dir:${dir.join("unpacked")}`]);
    const manifest = JSON.parse(await Deno.readTextFile(dir.join("unpacked", "manifest.json")));
    const contents = await Promise.all(
      manifest.layers.map(async ({ digest }: { digest: string }) => {
        const path = dir.join("unpacked", digest.slice("sha256:".length));
        return (await runOk("tar", ["-xOf", path])).stdout;
      }),
    );
    assertEquals(contents, ["a\n", "b\n"]);
  });
}

for (const transport of ["docker-archive", "oci-archive"] as const) {
  peerTest(`what skopeo writes as ${transport} reads back`, { needs: ["skopeo"] }, async () => {
    await using dir = await tempDir();
    const image = twoLayers();
    {
      await using archive = await createOciArchive(dir.join("in.tar"));
      await copy(image, archive, { names: ["v1"] });
      await archive.commit();
    }
    const to = `${transport}:${dir.join("out.tar")}:${NAME}`;
    await runOk("skopeo", ["copy", `oci-archive:${dir.join("in.tar")}:v1`, to]);
    const open = transport === "docker-archive" ? openDockerArchive : openOciArchive;
    await using archive = await open(dir.join("out.tar"));
    const saved = await archive.open(NAME) as Image;
    assertEquals(await diffIdsOf(saved), await diffIdsOf(image));
    const layers = await saved.layers();
    for (const layer of layers) await layer.uncompressed().pipeTo(new WritableStream());
  });
}

peerTest("crane finds no fault with a docker archive", { needs: ["crane"] }, async () => {
  await using dir = await tempDir();
  await using archive = await createDockerArchive(dir.join("out.tar"));
  await copy(twoLayers(), archive, { names: [NAME] });
  await archive.commit();
  const { stdout } = await runOk("crane", ["validate", "--tarball", dir.join("out.tar")]);
  assertStringIncludes(stdout, "PASS");
});

peerTest("what crane appends into a tarball reads back", { needs: ["crane", "tar"] }, async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("file"), "content\n");
  await runOk("tar", ["-cf", dir.join("layer.tar"), "-C", dir.path, "file"]);
  await runOk("crane", [
    ...["append", "--oci-empty-base", "-f", dir.join("layer.tar")],
    ...["-t", NAME, "-o", dir.join("out.tar")],
  ]);
  await using archive = await openDockerArchive(dir.join("out.tar"));
  const [layer] = await (await archive.open(NAME) as Image).layers();
  assertEquals(
    await new Response(layer?.uncompressed()).bytes(),
    await Deno.readFile(dir.join("layer.tar")),
  );
});
