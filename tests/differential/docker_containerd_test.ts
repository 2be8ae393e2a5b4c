import { assertEquals, assertStringIncludes } from "@std/assert";
import { createDockerArchive, createOciArchive } from "../../lib/archive/mod.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { conditionalTest } from "../support/conditional.ts";
import { tempDir } from "../support/temp_dir.ts";
import { busyboxImage } from "./docker_images.ts";

const ADDRESS = Deno.env.get("CONTAINERD_ADDRESS") ?? "/run/containerd/containerd.sock";
const MISSING = await Deno.stat(ADDRESS).then(() => undefined, () => `no containerd on ${ADDRESS}`);

for (const create of [createDockerArchive, createOciArchive]) {
  conditionalTest(
    `containerd imports what ${create.name}() makes, by full names`,
    MISSING,
    async () => {
      await using dir = await tempDir();
      const image = await busyboxImage("hello\n");
      {
        await using archive = await create(dir.join("out.tar"));
        await copy(image, archive, { names: ["app:v1", "registry.example/app:v2"] });
        await archive.commit();
      }
      await using namespace = containerdNamespace();
      await namespace.ctr("images", "import", dir.join("out.tar"));
      assertEquals((await namespace.ctr("images", "ls", "-q")).trim().split("\n"), [
        "docker.io/library/app:v1",
        "registry.example/app:v2",
      ]);
      assertStringIncludes(await namespace.ctr("images", "ls"), (await image.descriptor()).digest);
      assertStringIncludes(await namespace.ctr("images", "check"), "complete");
    },
  );
}

/** A namespace of containerd that nobody else uses, removed with all that is in it. */
function containerdNamespace(): { ctr(...args: string[]): Promise<string> } & AsyncDisposable {
  const name = `davit-${crypto.randomUUID().slice(0, 8)}`;
  const ctr = async (...args: string[]) =>
    (await runOk("ctr", ["--address", ADDRESS, "--namespace", name, ...args])).stdout;
  return {
    ctr,
    async [Symbol.asyncDispose]() {
      const images = (await ctr("images", "ls", "-q")).split("\n").filter((ref) => ref !== "");
      if (images.length > 0) await ctr("images", "rm", "--sync", ...images);
      await ctr("namespaces", "remove", name);
    },
  };
}
