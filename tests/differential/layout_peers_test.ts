import { assertEquals } from "@std/assert";
import { createIndex } from "../../lib/image/create_index.ts";
import { createLayout, openLayout } from "../../lib/layout/mod.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const IMAGE = makeImage([
  [{ path: "etc/greeting", content: "hello" }],
  [{ path: "etc/more", content: "more" }],
], { platform: "linux/amd64" });
const INDEX = createIndex([
  { image: IMAGE },
  { image: makeImage([[{ path: "arm", content: "arm" }]], { platform: "linux/arm64" }) },
]);

async function writeBoth(path: string): Promise<void> {
  await using layout = await createLayout(path);
  await copy(IMAGE, layout, { names: ["image", "latest"] });
  await copy(INDEX, layout, { names: ["index"] });
  await layout.commit();
}

peerTest("skopeo copies our layout whole, and back", { needs: ["skopeo"] }, async () => {
  await using directory = await tempDir();
  const [ours, theirs] = [directory.join("ours"), directory.join("theirs")];
  await writeBoth(ours);
  await runOk("skopeo", ["copy", `oci:${ours}:image`, `oci:${theirs}:image`]);
  await runOk("skopeo", ["copy", "--all", `oci:${ours}:index`, `oci:${theirs}:index`]);
  await using source = await openLayout(ours);
  await using copied = await openLayout(theirs);
  for (const name of ["image", "index"]) {
    assertEquals((await copied.resolve(name)).digest, (await source.resolve(name)).digest);
  }
});

peerTest(
  "what skopeo adds to our layout stays when we add more",
  { needs: ["skopeo"] },
  async () => {
    await using directory = await tempDir();
    await writeBoth(directory.path);
    const path = `oci:${directory.path}`;
    await runOk("skopeo", ["copy", `${path}:image`, `${path}:by-skopeo`]);
    await using layout = await openLayout(directory.path);
    await copy(INDEX, layout, { names: ["again"] });
    await layout.commit();
    const names = (await Array.fromAsync(layout.names())).sort();
    assertEquals(names, ["again", "by-skopeo", "image", "index", "latest"]);
    assertEquals((await layout.resolve("by-skopeo")).digest, (await IMAGE.descriptor()).digest);
  },
);

peerTest("umoci unpacks an image of our layout and tags it", { needs: ["umoci"] }, async () => {
  await using directory = await tempDir();
  await writeBoth(directory.join("layout"));
  const image = `${directory.join("layout")}:image`;
  await runOk("umoci", ["unpack", "--rootless", "--image", image, directory.join("bundle")]);
  const file = directory.join("bundle", "rootfs", "etc", "greeting");
  assertEquals(await Deno.readTextFile(file), "hello");
  await runOk("umoci", ["tag", "--image", image, "by-umoci"]);
  const { stdout } = await runOk("umoci", ["list", "--layout", directory.join("layout")]);
  await using layout = await openLayout(directory.join("layout"));
  assertEquals(stdout.trim().split("\n").sort(), (await Array.fromAsync(layout.names())).sort());
  assertEquals((await layout.resolve("by-umoci")).digest, (await IMAGE.descriptor()).digest);
});

peerTest("umoci's own layout is read, and takes our images", { needs: ["umoci"] }, async () => {
  await using directory = await tempDir();
  await runOk("umoci", ["init", "--layout", directory.join("layout")]);
  await runOk("umoci", ["new", "--image", `${directory.join("layout")}:empty`]);
  await using layout = await openLayout(directory.join("layout"));
  assertEquals((await layout.open("empty")).kind, "image");
  await copy(IMAGE, layout, { names: ["image"] });
  await layout.commit();
  const { stdout } = await runOk("umoci", ["list", "--layout", directory.join("layout")]);
  assertEquals(stdout.trim().split("\n").sort(), ["empty", "image"]);
  await runOk("umoci", ["gc", "--layout", directory.join("layout")]);
  const view = await layout.open("image");
  assertEquals(view.kind === "image" && (await view.layers()).length, 2);
  for (const layer of view.kind === "image" ? await view.layers() : []) {
    await layer.compressed().pipeTo(new WritableStream());
  }
});

peerTest("crane lists an index of our layout", { needs: ["crane"] }, async () => {
  await using directory = await tempDir();
  {
    await using layout = await createLayout(directory.path);
    await copy(INDEX, layout, { names: ["index"] });
    await layout.commit();
  }
  const { stdout } = await runOk("crane", ["index", "list", directory.path]);
  assertEquals(stdout.includes((await INDEX.descriptor()).digest), true, stdout);
});
