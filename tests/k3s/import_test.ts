/** Images that are brought to the nodes of a cluster: what is sent, and what is there afterwards. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createDockerArchive } from "../../lib/archive/docker_archive.ts";
import { createOciArchive } from "../../lib/archive/oci_archive.ts";
import { ClusterError, NotFoundError } from "../../lib/errors.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import type { Image } from "../../lib/image/image.ts";
import { importImages } from "../../lib/k3s/import_images.ts";
import { fanOut } from "../../lib/k3s/fan_out.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { createLayout } from "../../lib/layout/open_layout.ts";
import { copy } from "../../lib/store/copy.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import type { Destination } from "../../lib/store/store.ts";
import { busyboxImage } from "../differential/docker_images.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { makeImage } from "../support/images.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { inNode, makeCluster } from "./cluster.ts";

const CTR = ["ctr", "--namespace", "k8s.io"];

/** What a node says of an image: its digest and whether all of it is there. */
async function imageIn(node: string, name: string): Promise<string> {
  const listed = await inNode(node, ...CTR, "images", "check", `name==${name}`);
  return listed.split("\n").find((line) => line.startsWith(`${name} `)) ?? "";
}

nodeTest("images come to all nodes, as the blobs that they lack", async (engine, t) => {
  await using dir = await tempDir();
  await using cluster = await makeCluster(engine, { agents: 1 });
  const { name } = cluster;
  const nodes = [`davit-${name}-server-0`, `davit-${name}-agent-0`];
  const davit = (...args: string[]) =>
    runDavitOk(["image", "import", "-c", name, ...args, "--json"]);
  const base = await stored(await busyboxImage("one\n"));

  await t.step("whole at first, and confirmed by digest", async () => {
    const images = [{ view: base, names: ["registry.example/app:v1"] }];
    const results = await importImages(name, images);
    assertEquals(results.map(({ node }) => node), nodes);
    for (const { sent, failure } of results) {
      assert(sent > 1_000_000, `${sent}`);
      assertEquals(failure, undefined);
    }
    const { digest } = await base.descriptor();
    for (const node of nodes) {
      const line = await imageIn(node, "registry.example/app:v1");
      assertStringIncludes(line, digest);
      assertMatch(line, /complete \(\d+\/\d+\).* true\s*$/);
    }
  });

  await t.step("as next to nothing the second time", async () => {
    const [first, second] = await importImages(name, [
      { view: base, names: ["registry.example/app:v1", "registry.example/app:again"] },
    ]);
    assertEquals([first?.sent, second?.sent], [0, 0]);
    assertMatch(await imageIn(nodes[0] ?? "", "registry.example/app:again"), /complete/);
  });

  await t.step("as one layer when one is new", async () => {
    const layer = layerFromEntries([{
      path: "new",
      content: crypto.getRandomValues(new Uint8Array(65_536)),
    }]);
    const view = await stored(appendLayers(base, [layer]));
    const results = await importImages(name, [{ view, names: ["registry.example/app:v2"] }]);
    for (const { sent } of results) assert(sent > 65_536 && sent < 75_000, `${sent}`);
    const { digest } = await view.descriptor();
    for (const node of nodes) {
      const line = await imageIn(node, "registry.example/app:v2");
      assertStringIncludes(line, digest);
      assertMatch(line, /complete \(\d+\/\d+\).* true\s*$/);
    }
  });

  await t.step("to a node that lost them, and to no other", async () => {
    await inNode(
      nodes[1] ?? "",
      ...CTR,
      "images",
      "rm",
      "--sync",
      ...await namesIn(nodes[1] ?? ""),
    );
    const [server, agent] = await importImages(name, [{ view: base, names: ["x.example/app:v1"] }]);
    assertEquals(server?.sent, 0);
    assert((agent?.sent ?? 0) > 1_000_000);
  });

  await t.step("of an index, that of the nodes' platform", async () => {
    const other = makeImage([[{ path: "other", content: "arm" }]], { platform: "linux/arm64" });
    const index = createIndex([{ image: other }, { image: base }]);
    await importImages(name, [{ view: index, names: ["registry.example/both:v1"] }]);
    const line = await imageIn(nodes[0] ?? "", "registry.example/both:v1");
    assertStringIncludes(line, (await base.descriptor()).digest);
  });

  await t.step("out of layouts, archives, compressed ones, standard input and Docker", async () => {
    const image = (text: string) => makeImage([[{ path: "text", content: text }]]);
    await write(await createLayout(dir.join("layout")), image("a"), "x.example/layout:v1");
    await write(await createOciArchive(dir.join("oci.tar")), image("b"), "x.example/oci:v1");
    await write(
      await createDockerArchive(dir.join("docker.tar")),
      image("c"),
      "x.example/docker:v1",
    );
    await write(await createDockerArchive(dir.join("gz.tar")), image("d"), "x.example/gz:v1");
    await runOk("gzip", [dir.join("gz.tar")]);
    await write(await createDockerArchive(dir.join("in.tar")), image("e"), "x.example/stdin:v1");
    await write(
      await createDockerArchive(dir.join("load.tar")),
      image("f"),
      "davit-import/loaded:v1",
    );
    await runOk("docker", ["load", "-i", dir.join("load.tar")]);
    const files = ["layout", "oci.tar", "docker.tar", "gz.tar.gz"].map((file) => dir.join(file));
    await davit(...files);
    const stdin = await Deno.readFile(dir.join("in.tar"));
    await runDavitOk(["image", "import", "-c", name, "-"], { stdin });
    await davit("davit-import/loaded:v1");
    await runOk("docker", ["rmi", "davit-import/loaded:v1"]);
    const names = await namesIn(nodes[0] ?? "");
    for (const from of ["layout", "oci", "docker", "gz", "stdin"]) {
      assert(names.includes(`x.example/${from}:v1`), from);
    }
    assert(names.includes("docker.io/davit-import/loaded:v1"));
  });

  await t.step("and by copy, under the name an image has", async () => {
    await write(await createDockerArchive(dir.join("copy.tar")), base, "x.example/copy:v1");
    await runDavitOk([
      "copy",
      `docker-archive:${dir.join("copy.tar")}:x.example/copy:v1`,
      `k3s:${name}`,
    ]);
    assertMatch(await imageIn(nodes[1] ?? "", "x.example/copy:v1"), /complete/);
    const unnamed = await runDavit(["copy", `oci:${dir.join("layout")}`, `k3s:${name}`]);
    assertEquals(unnamed.code, 1);
    assertStringIncludes(unnamed.stderr, "without a name");
    assertEquals((await runDavit(["copy", `k3s:${name}`, "oci:x"])).code, 1);
  });

  await t.step("or not at all, when something is missing or has no name", async () => {
    const args = ["image", "import", "-c", name, "no-such/image:v1", "nor/this:v2"];
    const { code, stderr } = await runDavit(args);
    assertEquals(code, 3);
    assertStringIncludes(stderr, "no-such/image:v1");
    assertStringIncludes(stderr, "nor/this:v2");
    await write(await createLayout(dir.join("tag")), makeImage([]), "v1");
    const nameless = await runDavit(["image", "import", "-c", name, dir.join("tag")]);
    assertEquals(nameless.code, 2);
    assertStringIncludes(nameless.stderr, "expected an image with a full name");
  });

  await t.step("and a broken archive is refused quickly", async () => {
    const whole = await Deno.readFile(dir.join("docker.tar"));
    await Deno.writeFile(dir.join("cut.tar"), whole.subarray(0, whole.length / 2));
    const { code } = await runDavit(["image", "import", "-c", name, dir.join("cut.tar")]);
    assertEquals(code, 1);
    assertEquals(
      await inNode(nodes[0] ?? "", "sh", "-c", "ps | grep -c '[i]mages import' || true"),
      "0\n",
    );
  });
});

nodeTest("a node that dies in the middle does not keep images from the others", async (engine) => {
  await using cluster = await makeCluster(engine, { agents: 2 });
  const { name } = cluster;
  const victim = `davit-${name}-agent-0`;
  const layer = layerFromEntries([{
    path: "big",
    content: crypto.getRandomValues(new Uint8Array(65536)),
  }]);
  const image = appendLayers(await busyboxImage("x\n"), [layer]);
  let killing: Promise<unknown> | undefined;
  const error = await assertRejects(
    () =>
      importImages(name, [{ view: image, names: ["x.example/app:v1"] }], {
        onEvent: (event) => {
          if (event.kind === "progress") killing ??= runOk("docker", ["kill", victim]);
        },
      }),
    ClusterError,
  );
  await killing;
  assertStringIncludes(error.message, `import images into "${victim}"`);
  assertStringIncludes(error.message, "the others have them");
  for (const role of ["server-0", "agent-1"]) {
    assertMatch(await imageIn(`davit-${name}-${role}`, "x.example/app:v1"), /complete/);
  }
});

nodeTest("images for a cluster that is not there, or does not run, are refused", async (engine) => {
  await assertRejects(() => importImages("no-such", []), NotFoundError, 'cluster "no-such"');
  await using cluster = await makeCluster(engine);
  await runOk("docker", ["stop", "-t", "0", `davit-${cluster.name}-server-0`]);
  await assertRejects(() => importImages(cluster.name, []), ClusterError, "davit cluster start");
});

Deno.test("fanOut() gives all readers all bytes, and waits for the slowest within bounds", async () => {
  let produced = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (produced === 64) return controller.close();
      controller.enqueue(new Uint8Array(1024 * 1024).fill(produced++));
    },
  }, { highWaterMark: 0 });
  const [fast, slow, gone] = fanOut(source, 3);
  await gone?.cancel();
  const reading = sizeOf(fast);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert(produced < 10, `${produced} MiB were read ahead of the slow reader`);
  assertEquals(await Promise.all([reading, sizeOf(slow)]), [64 * 1024 * 1024, 64 * 1024 * 1024]);
});

Deno.test("fanOut() cancels its source when nobody reads any more, and passes failures on", async () => {
  const cancelled = Promise.withResolvers<void>();
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1024)),
    cancel: () => cancelled.resolve(),
  });
  await Promise.all(fanOut(endless, 2).map((branch) => branch.cancel()));
  await cancelled.promise;
  const failing = new ReadableStream<Uint8Array>({ pull: (c) => c.error(new Error("gone")) });
  for (const branch of fanOut(failing, 2)) await assertRejects(() => sizeOf(branch), Error, "gone");
});

async function sizeOf(stream: ReadableStream<Uint8Array> | undefined): Promise<number> {
  let size = 0;
  for await (const chunk of stream ?? []) size += chunk.length;
  return size;
}

async function namesIn(node: string): Promise<string[]> {
  return (await inNode(node, ...CTR, "images", "ls", "--quiet")).trim().split("\n");
}

/** The same image, with layers that are compressed once and for all. */
async function stored(image: Image): Promise<Image> {
  const store = new MemoryStore();
  const { digest } = await copy(image, store, { names: ["v1"] });
  await store.commit();
  return await store.open(digest) as Image;
}

async function write(destination: Destination, image: Image, name: string): Promise<void> {
  await using _closed = destination;
  await copy(image, destination, { names: [name] });
  await destination.commit();
}
