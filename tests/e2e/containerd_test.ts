import { assertEquals, assertMatch } from "@std/assert";
import { createDockerArchive } from "../../lib/archive/docker_archive.ts";
import { createOciArchive } from "../../lib/archive/oci_archive.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { startContainerd } from "../support/containerd.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { busyboxImage } from "../differential/docker_images.ts";

const NEEDS = { needs: ["containerd", "ctr", "busybox"] };

for (const create of [createDockerArchive, createOciArchive]) {
  peerTest(
    `containerd imports what ${create.name}() makes, complete, by full names`,
    NEEDS,
    async () => {
      await using dir = await tempDir();
      const image = await busyboxImage("one\n", "two\n");
      {
        await using archive = await create(dir.join("image.tar"));
        await copy(image, archive, { names: ["app:v1", "registry.example/app:v2"] });
        await archive.commit();
      }
      await using containerd = await startContainerd();
      const ctr = async (...args: string[]) =>
        (await runOk("ctr", [...containerd.ctr, ...args])).stdout;
      await ctr("images", "import", "--no-unpack", dir.join("image.tar"));
      const listed = await ctr("images", "ls");
      const { digest } = await image.descriptor();
      for (const name of ["docker.io/library/app:v1", "registry.example/app:v2"]) {
        assertMatch(listed, new RegExp(`^${name} .*${digest}`, "m"));
      }
      const checked = (await ctr("images", "check")).split("\n").filter((line) =>
        line.includes(":")
      );
      assertEquals(checked.length, 2);
      for (const line of checked) assertMatch(line, /complete \(4\/4\)/);
    },
  );
}

peerTest("containerd imports an OCI archive under the name it is told", NEEDS, async () => {
  await using dir = await tempDir();
  const image = await busyboxImage("one\n");
  {
    await using archive = await createOciArchive(dir.join("image.tar"));
    await copy(image, archive, { names: ["v1"] });
    await archive.commit();
  }
  await using containerd = await startContainerd();
  const { ctr } = containerd;
  const args = ["images", "import", "--no-unpack", "--base-name", "registry.example/app"];
  await runOk("ctr", [...ctr, ...args, dir.join("image.tar")]);
  const { stdout } = await runOk("ctr", [...ctr, "images", "ls"]);
  assertMatch(stdout, new RegExp(`registry.example/app:v1 .*${(await image.descriptor()).digest}`));
});
