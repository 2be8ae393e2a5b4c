/**
 * Holds an export to what containerd unpacks where every layer is applied to a copy of the one
 * below: there a layer meets the files, and the symbolic links, that the specification speaks of.
 */
import { assertEquals, assertNotEquals } from "@std/assert";
import { createOciArchive } from "../../lib/archive/oci_archive.ts";
import { exportImage } from "../../lib/image/export_image.ts";
import type { Image } from "../../lib/image/image.ts";
import { type Digest, digestBytes } from "../../lib/oci/digest.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import type { TreeEntry } from "../support/describe_tree.ts";
import { type Containerd, startContainerd } from "../support/containerd.ts";
import { peerTest } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { build, TREES } from "./edited_images.ts";
import { treeOf, treeOfTar } from "./trees.ts";

const SNAPSHOTTER = ["--snapshotter", "native"];

peerTest("an export is what containerd unpacks, layer by layer onto a copy", {
  needs: ["containerd", "ctr", "tar"],
}, async (t) => {
  await using containerd = await startContainerd();
  for (const { name, layers, unlike = {} } of TREES.filter(({ layers }) => layers.length > 0)) {
    await t.step(name, async () => {
      await using dir = await tempDir();
      const image = build(layers);
      const tar = await new Response(await exportImage(image)).bytes();
      const ours = await treeOfTar(tar, dir.join("ours"));
      const theirs = await treeOf(await unpack(containerd, image, dir));
      const assert = unlike.containerd === undefined ? assertEquals : assertNotEquals;
      assert(withoutTimes(ours ?? []), withoutTimes(theirs), unlike.containerd);
    });
  }
});

/** Where something is removed, or linked to, containerd leaves the time of that. */
function withoutTimes(tree: readonly TreeEntry[]): readonly Omit<TreeEntry, "mtime">[] {
  return tree.map(({ mtime: _, ...entry }) => entry);
}

/** @returns The directory in which containerd has the files. */
async function unpack({ ctr }: Containerd, image: Image, dir: TempDir): Promise<string> {
  {
    await using archive = await createOciArchive(dir.join("image.tar"));
    await copy(image, archive, { names: ["davit-test/tree:v1"] });
    await archive.commit();
  }
  await runOk("ctr", [...ctr, "images", "import", ...SNAPSHOTTER, dir.join("image.tar")]);
  const key = crypto.randomUUID();
  const words = ["snapshots", ...SNAPSHOTTER, "prepare", "--target", dir.join("target")];
  const { stdout } = await runOk("ctr", [...ctr, ...words, key, await chainId(image)]);
  const [, source] = /^mount -t bind (\S+) /.exec(stdout) ?? [];
  if (source === undefined) throw new Error(`Cannot find the files of a snapshot in: ${stdout}`);
  return source;
}

/**
 * The name of an unpacked stack of layers.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid image-spec, ChainID}
 */
async function chainId(image: Image): Promise<Digest> {
  const layers = await image.layers();
  const [first, ...rest] = await Promise.all(layers.map((layer) => layer.diffId()));
  if (first === undefined) throw new TypeError("no layers");
  let chain = first;
  for (const diffId of rest) {
    chain = await digestBytes(new TextEncoder().encode(`${chain} ${diffId}`));
  }
  return chain;
}
