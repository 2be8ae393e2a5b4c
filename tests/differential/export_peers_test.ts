/** Holds an export to what a container of the image has, and to what other tools unpack of it. */
import { assertEquals, assertNotEquals } from "@std/assert";
import type { Image } from "../../lib/image/image.ts";
import { exportImage } from "../../lib/image/export_image.ts";
import { flattenImage } from "../../lib/image/flatten.ts";
import { createDockerArchive } from "../../lib/archive/docker_archive.ts";
import { createLayout } from "../../lib/layout/open_layout.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { copy } from "../../lib/store/copy.ts";
import type { Destination } from "../../lib/store/store.ts";
import { run, runOk } from "../support/command.ts";
import { engineTest } from "../support/engine.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";
import type { TreeEntry } from "../support/describe_tree.ts";
import { build, TREES } from "./edited_images.ts";
import { treeOf, treeOfTar, withoutEngine } from "./trees.ts";

async function write(image: Image, destination: Destination, name: string): Promise<void> {
  await copy(image, destination, { names: [name] });
  await destination.commit();
}

async function ownTree(image: Image, dir: string): Promise<readonly TreeEntry[] | undefined> {
  return await treeOfTar(await new Response(await exportImage(image)).bytes(), dir);
}

/** What a peer makes is the same, or differs as is said. */
function compare(
  theirs: readonly TreeEntry[] | undefined,
  ours: readonly TreeEntry[] | undefined,
  reason: string | undefined,
): void {
  if (reason === undefined) assertEquals(theirs, ours);
  else assertNotEquals(theirs, ours, `the trees are the same, though a peer ${reason}`);
}

for (const { name, layers, unlike = {} } of TREES) {
  const image = build(layers);

  peerTest(`an export is what umoci unpacks: ${name}`, { needs: ["umoci", "tar"] }, async () => {
    await using dir = await tempDir();
    {
      await using layout = await createLayout(dir.join("layout"));
      await write(image, layout, "v1");
    }
    const bundle = dir.join("bundle");
    await runOk("umoci", ["unpack", "--image", `${dir.join("layout")}:v1`, bundle]);
    const ours = await ownTree(image, dir.join("ours"));
    compare(await treeOf(`${bundle}/rootfs`), ours, unlike.umoci);
  });

  peerTest(`an export is crane's: ${name}`, { needs: ["crane", "tar"] }, async () => {
    await using dir = await tempDir();
    await using server = await serveRegistry();
    using transport = new Transport();
    const reference = { registry: server.address, repository: "tree" };
    await using repository = new Repository(reference, { transport });
    await write(image, repository, "v1");
    const { bytes } = await runOk("crane", ["export", `${server.address}/tree:v1`, "-"]);
    const ours = await ownTree(image, dir.join("ours"));
    compare(await treeOfTar(bytes, dir.join("crane")), ours, unlike.crane);
  });

  engineTest(`an export is docker's of a container: ${name}`, async ({ host }) => {
    const env = { DOCKER_HOST: host };
    const run1 = crypto.randomUUID().slice(0, 8);
    const tag = `davit-test/tree-${run1}:v1`;
    await using dir = await tempDir();
    await using cleanup = new AsyncDisposableStack();
    {
      await using archive = await createDockerArchive(dir.join("image.tar"));
      await write(image, archive, tag);
    }
    const loaded = await run("docker", ["load", "-i", dir.join("image.tar")], { env });
    if (loaded.code !== 0) {
      assertNotEquals(unlike.docker, undefined, loaded.stderr);
      return;
    }
    cleanup.defer(async () => void await run("docker", ["image", "rm", "-f", tag], { env }));
    const { stdout } = await runOk("docker", ["create", tag, "none"], { env });
    const container = stdout.trim();
    cleanup.defer(async () => void await run("docker", ["rm", "-f", container], { env }));
    const { bytes } = await runOk("docker", ["export", container], { env });
    const theirs = await treeOfTar(bytes, dir.join("docker"));
    const ours = await ownTree(image, dir.join("ours"));
    compare(withoutEngine(theirs ?? []), withoutEngine(ours ?? []), unlike.docker);
  });

  peerTest(`a flat image has the same tree, in umoci's hands: ${name}`, {
    needs: ["umoci", "tar"],
  }, async () => {
    await using dir = await tempDir();
    for (
      const [form, flat] of [["flat", flattenImage(image)], [
        "top",
        flattenImage(image, { top: 2 }),
      ]] as const
    ) {
      {
        await using layout = await createLayout(dir.join(form));
        await write(flat, layout, "v1");
      }
      const bundle = dir.join(`${form}-bundle`);
      await runOk("umoci", ["unpack", "--image", `${dir.join(form)}:v1`, bundle]);
      assertEquals(
        await treeOf(`${bundle}/rootfs`),
        await ownTree(image, dir.join(`${form}-ours`)),
      );
    }
  });
}
