import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  createDockerArchive,
  createLegacyArchive,
  openDockerArchive,
} from "../../lib/archive/mod.ts";
import { DockerDaemon } from "../../lib/docker/mod.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { copy } from "../../lib/store/copy.ts";
import type { Destination } from "../../lib/store/store.ts";
import type { Image } from "../../lib/image/image.ts";
import { runOk } from "../support/command.ts";
import { engineTest } from "../support/engine.ts";
import { tempDir } from "../support/temp_dir.ts";
import { busyboxImage } from "./docker_images.ts";

const FORMS: readonly { form: string; create: (path: string) => Promise<Destination> }[] = [
  { form: "docker archive with a layout", create: (path) => createDockerArchive(path) },
  {
    form: "docker archive without a layout",
    create: (path) => createDockerArchive(path, { layout: false }),
  },
  { form: "legacy archive", create: (path) => createLegacyArchive(path) },
];

/** Names nobody else has, removed with all that they name. */
function uniqueNames(host: string, count: number): { names: string[] } & AsyncDisposable {
  const run = crypto.randomUUID().slice(0, 8);
  const names = Array.from({ length: count }, (_, i) => `davit-test/${run}:v${i}`);
  return {
    names,
    async [Symbol.asyncDispose]() {
      await runOk("docker", ["image", "rm", "-f", ...names], { env: { DOCKER_HOST: host } });
    },
  };
}

for (const { form, create } of FORMS) {
  engineTest(`docker load takes a ${form} of two images that share layers`, async ({ host }) => {
    await using dir = await tempDir();
    await using unique = uniqueNames(host, 3);
    const [first = "", second = "", alias = ""] = unique.names;
    const env = { DOCKER_HOST: host };
    {
      await using archive = await create(dir.join("images.tar"));
      await copy(await busyboxImage("one\n"), archive, { names: [first, alias] });
      await copy(await busyboxImage("one\n", "two\n"), archive, { names: [second] });
      await archive.commit();
    }
    const { stdout } = await runOk("docker", ["load", "-i", dir.join("images.tar")], { env });
    for (const name of unique.names) assert(stdout.includes(`Loaded image: ${name}`), stdout);
    const run = async (name: string) =>
      (await runOk("docker", ["run", "--rm", "--network=none", name], { env })).stdout;
    assertEquals(await run(first), "one\n");
    assertEquals(await run(alias), "one\n");
    assertEquals(await run(second), "one\ntwo\n");
  });
}

engineTest("an image streams into the engine, runs, and reads back the same", async ({ host }) => {
  await using unique = uniqueNames(host, 1);
  const [name = ""] = unique.names;
  const env = { DOCKER_HOST: host };
  const image = await busyboxImage("streamed\n");
  await using daemon = new DockerDaemon({ env });
  await copy(image, daemon, { names: [name] });
  await daemon.commit();
  assertEquals(daemon.loaded, [name]);
  const { stdout } = await runOk("docker", ["run", "--rm", "--network=none", name], { env });
  assertEquals(stdout, "streamed\n");
  const saved = await daemon.open(name) as Image;
  assertEquals(saved.kind, "image");
  assertEquals(await saved.config(), await image.config());
  assertEquals(await diffIdsOf(saved), await diffIdsOf(image));
});

engineTest("an image of docker save reads back by its ID too", async ({ host }) => {
  await using unique = uniqueNames(host, 1);
  const [name = ""] = unique.names;
  await using daemon = new DockerDaemon({ env: { DOCKER_HOST: host } });
  const image = await busyboxImage("by id\n");
  await copy(image, daemon, { names: [name] });
  await daemon.commit();
  const id = (await image.configDescriptor()).digest;
  assertEquals(await (await daemon.open(id) as Image).config(), await image.config());
  assert((await Array.fromAsync(daemon.names())).includes(name));
});

engineTest(
  "an archive of before Docker 1.10 gets the image ID that Docker gives it",
  async ({ host }) => {
    await using dir = await tempDir();
    await using unique = uniqueNames(host, 1);
    const [name = ""] = unique.names;
    const env = { DOCKER_HOST: host };
    {
      await using archive = await createLegacyArchive(dir.join("new.tar"));
      await copy(await busyboxImage("a < b & c\n", "old\n"), archive, { names: [name] });
      await archive.commit();
    }
    const files = dir.join("files");
    await Deno.mkdir(files);
    await runOk("tar", ["-xf", dir.join("new.tar"), "-C", files]);
    await Deno.remove(`${files}/manifest.json`);
    const repositories = JSON.parse(await Deno.readTextFile(`${files}/repositories`));
    const top = `${files}/${repositories[name.slice(0, -3)].v0}/json`;
    const json = JSON.parse(await Deno.readTextFile(top));
    await Deno.writeTextFile(top, JSON.stringify({ ...json, docker_version: "1.9.1" }));
    await runOk("tar", ["-cf", dir.join("old.tar"), "-C", files, "."]);
    await runOk("docker", ["load", "-i", dir.join("old.tar")], { env });
    const { stdout } = await runOk("docker", ["image", "inspect", "-f", "{{.Id}}", name], { env });
    await using archive = await openDockerArchive(dir.join("old.tar"));
    const image = await archive.open(name) as Image;
    assertEquals((await image.configDescriptor()).digest, stdout.trim());
  },
);

engineTest("an image that the engine does not have is not found", async ({ host }) => {
  await using daemon = new DockerDaemon({ env: { DOCKER_HOST: host } });
  const error = await assertRejects(() => daemon.open("davit-test/nowhere:v0"), NotFoundError);
  assertEquals(
    error.message,
    'Cannot find image "davit-test/nowhere:v0" in docker-daemon',
  );
});

engineTest("a load that is given up leaves nothing in the engine", async ({ host }) => {
  const name = `davit-test/${crypto.randomUUID().slice(0, 8)}:v0`;
  const env = { DOCKER_HOST: host };
  {
    await using daemon = new DockerDaemon({ env });
    await copy(await busyboxImage("never\n"), daemon, { names: [name] });
  }
  const { stdout } = await runOk("docker", ["image", "ls", "-q", name], { env });
  assertEquals(stdout, "");
});

async function diffIdsOf(image: Image): Promise<string[]> {
  return await Promise.all((await image.layers()).map((layer) => layer.diffId()));
}
