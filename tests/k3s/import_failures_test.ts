/** Imports of which something fails: a node, a source, a disk. Nothing else does, and nothing stays. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createOciArchive } from "../../lib/archive/oci_archive.ts";
import { appendLayers } from "../../lib/image/append.ts";
import type { Image } from "../../lib/image/image.ts";
import { importImages } from "../../lib/k3s/import_images.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { TarLayer } from "../../lib/layer/tar_layer.ts";
import { copy } from "../../lib/store/copy.ts";
import { busyboxImage } from "../differential/docker_images.ts";
import { runDavit, spawnDavit } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { inNode, makeCluster } from "./cluster.ts";
import { breakImports, CTR, imageIn, leftoversIn } from "./images_in_node.ts";

nodeTest(
  "of three nodes two fail: the third has the image, and the report says why",
  async (engine) => {
    await using dir = await tempDir();
    await using cluster = await makeCluster(engine, { agents: 2 });
    const { name } = cluster;
    await archive(await busyboxImage("x\n"), dir.join("app.tar"), "x.example/app:v1");
    for (const agent of ["agent-0", "agent-1"]) await breakImports(`davit-${name}-${agent}`);
    const args = ["image", "import", "-c", name, dir.join("app.tar")];
    const { code, stdout, stderr } = await runDavit([...args, "--json"]);
    assertEquals(code, 1);
    const { nodes, names } = JSON.parse(stdout);
    assertEquals(names, ["x.example/app:v1"]);
    const [server, ...agents] = nodes;
    assertEquals(server.node, `davit-${name}-server-0`);
    assert(server.sent > 1_000_000);
    assertEquals(server.failure, undefined);
    for (const { failure } of agents) assertStringIncludes(failure, "out of luck");
    assertStringIncludes(stderr, "the others have them");
    assertMatch(await imageIn(server.node, "x.example/app:v1"), /complete \(3\/3\).* true\s*$/);
    const spoken = await runDavit(args);
    assertEquals(spoken.code, 1);
    assertMatch(spoken.stderr, /server-0 0 B, davit-\w+-agent-0 failed, davit-\w+-agent-1 failed/);
  },
);

nodeTest("what is missing is told at once, all of it, before a node is asked", async (engine) => {
  await using dir = await tempDir();
  await using cluster = await makeCluster(engine);
  const docker = dir.join("docker");
  await Deno.writeTextFile(docker, `#!/bin/sh\necho "$*" >>${docker}.log\nexec docker "$@"\n`);
  await Deno.chmod(docker, 0o755);
  await archive(await busyboxImage("x\n"), dir.join("app.tar"), "x.example/app:v1");
  const words = [dir.join("app.tar"), "no/such:v1", "nor/this:v2", dir.join("gone.tar")];
  const { code, stderr } = await runDavit(["image", "import", "-c", cluster.name, ...words], {
    env: { DAVIT_DOCKER: docker },
  });
  assertEquals(code, 3);
  for (const word of words.slice(1)) assertStringIncludes(stderr, word);
  const asked = (await Deno.readTextFile(`${docker}.log`)).trim().split("\n");
  assert(asked.every((words) => words.startsWith("image inspect")), asked.join());
});

nodeTest("an archive that stops in the middle is refused, and nothing stays", async (engine) => {
  await using dir = await tempDir();
  await using cluster = await makeCluster(engine);
  const node = `davit-${cluster.name}-server-0`;
  await archive(await busyboxImage("x\n"), dir.join("app.tar"), "x.example/app:v1");
  const whole = await Deno.readFile(dir.join("app.tar"));
  const cut = whole.subarray(0, whole.length / 2);
  await Deno.writeFile(dir.join("cut.tar"), cut);
  await Deno.writeFile(dir.join("cut.tar.gz"), (await zipped(whole)).subarray(0, 300_000));
  const rotten = whole.slice();
  rotten.fill(0, 300_000, 400_000);
  await Deno.writeFile(dir.join("rotten.tar"), rotten);
  for (const [word, stdin] of [["cut.tar"], ["cut.tar.gz"], ["rotten.tar"], ["-", cut]] as const) {
    const path = word === "-" ? word : dir.join(word);
    const args = ["image", "import", "-c", cluster.name, path];
    const { code, stderr } = await runDavit(args, stdin === undefined ? {} : { stdin });
    assertEquals(code, 1, `${word}: ${stderr}`);
    assertEquals(await imageIn(node, "x.example/app:v1"), "");
    assertEquals(await leftoversIn(node), "");
  }
});

nodeTest("a node whose disk is full says so, and has its space back", async (engine) => {
  await using dir = await tempDir();
  const volume = `davit-test-${crypto.randomUUID().slice(0, 8)}`;
  const mount = ["type=tmpfs", "device=tmpfs", "o=size=24m"].flatMap((option) => ["--opt", option]);
  await runOk("docker", ["volume", "create", ...mount, volume]);
  await using _volume = {
    [Symbol.asyncDispose]: async () => void await runOk("docker", ["volume", "rm", volume]),
  };
  await using cluster = await makeCluster(engine, {
    agents: 1,
    volumes: [{
      volume: `${volume}:/var/lib/rancher/k3s/agent/containerd`,
      nodeFilters: ["agent:0"],
    }],
  });
  const node = `davit-${cluster.name}-agent-0`;
  const { bytes } = await runOk("head", ["-c", "26000000", "/dev/urandom"]);
  const contents = { arrives: bytes, unpacks: new Uint8Array(40_000_000) };
  for (const [until, content] of Object.entries(contents)) {
    const name = `x.example/full:${until}`;
    const image = appendLayers(await busyboxImage(), [layerFromEntries([{ path: "a", content }])]);
    await archive(image, dir.join(`${until}.tar`), name);
    const args = ["image", "import", "-c", cluster.name, dir.join(`${until}.tar`)];
    const { code, stderr } = await runDavit(args);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "no space left on device");
    assertStringIncludes(stderr, node);
    assertMatch(await imageIn(`davit-${cluster.name}-server-0`, name), /complete/);
    assertEquals(await imageIn(node, name), "");
    assertEquals(await leftoversIn(node), "");
    const used = await inNode(node, "df", "-k", "/var/lib/rancher/k3s/agent/containerd");
    assert(Number(used.trim().split("\n").at(-1)?.split(/\s+/)[2]) < 4_000, used);
  }
});

nodeTest("what a node loses in between it is sent again", async (engine) => {
  await using cluster = await makeCluster(engine);
  const node = `davit-${cluster.name}-server-0`;
  const base = await busyboxImage("x\n");
  const [first] = await importImages(cluster.name, [{ view: base, names: ["x.example/app:v1"] }]);
  const added = layerFromEntries([{ path: "new", content: "new" }]);
  const losing = new TarLayer(() =>
    ReadableStream.from(async function* () {
      await inNode(node, ...CTR, "images", "rm", "--sync", "x.example/app:v1");
      yield* added.uncompressed();
    }())
  );
  const images = [{ view: appendLayers(base, [losing]), names: ["x.example/app:v2"] }];
  const [second] = await importImages(cluster.name, images);
  assert((second?.sent ?? 0) > (first?.sent ?? Infinity), "all was sent, once");
  assert((second?.sent ?? 0) < 1.1 * (first?.sent ?? 0));
  assertMatch(await imageIn(node, "x.example/app:v2"), /complete \(4\/4\).* true\s*$/);
  assertEquals(await leftoversIn(node), "");
});

nodeTest("an import that is interrupted leaves nothing in the node, nor here", async (engine) => {
  await using dir = await tempDir();
  await using cluster = await makeCluster(engine);
  const node = `davit-${cluster.name}-server-0`;
  const { bytes } = await runOk("head", ["-c", "150000000", "/dev/urandom"]);
  const layer = layerFromEntries([{ path: "a", content: bytes }], { compression: "none" });
  await archive(
    appendLayers(await busyboxImage("x\n"), [layer]),
    dir.join("app.tar"),
    "x.example/app:v1",
  );
  const env = { TMPDIR: dir.join("tmp") };
  await Deno.mkdir(env.TMPDIR);
  // By its name, an import is told from a pull.
  for (const [via, name] of [["stream", "tar-blobs"], ["registry", "layer-"], ["auto", "layer-"]]) {
    const args = ["image", "import", "-c", cluster.name, "--via", `${via}`, "-"];
    const aborting = new AbortController();
    const { readable: stdin } = await Deno.open(dir.join("app.tar"));
    const running = spawnDavit(args, { env, stdin, signal: aborting.signal });
    const arriving = `until ${CTR.join(" ")} content active | grep -q ${name}; do :; done`;
    await inNode(node, "timeout", "60", "sh", "-c", arriving);
    aborting.abort();
    const { code } = await running;
    assertEquals(code, 130);
    assertEquals(await leftoversIn(node), "", via);
    assertEquals(await Array.fromAsync(Deno.readDir(env.TMPDIR)), []);
    assertEquals(await imageIn(node, "x.example/app:v1"), "");
    assertEquals((await inNode(node, ...CTR, "content", "ls", "-q")).trim(), "");
  }
});

async function archive(image: Image, path: string, name: string): Promise<void> {
  await using destination = await createOciArchive(path);
  await copy(image, destination, { names: [name] });
  await destination.commit();
}

async function zipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const { bytes: zipped } = await runOk("gzip", ["-c"], { stdin: bytes });
  return zipped;
}
