/** The ways by which an import reaches nodes: as a stream, by pulling, through a remote engine. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createDockerArchive } from "../../lib/archive/docker_archive.ts";
import { ImportError } from "../../lib/errors.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { importImages } from "../../lib/k3s/import_images.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import type { Layer } from "../../lib/layer/layer.ts";
import { copy } from "../../lib/store/copy.ts";
import { busyboxImage } from "../differential/docker_images.ts";
import { DAVIT, spawnDavit } from "../support/cli.ts";
import { run, runOk } from "../support/command.ts";
import { openFarEngine } from "../support/far_engine.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { inNode, inspect, makeCluster } from "./cluster.ts";
import { breakImports, imageIn, leftoversIn, namesIn } from "./images_in_node.ts";

nodeTest("by a registry, nodes pull what they lack, and nothing else stays", async (engine) => {
  await using cluster = await makeCluster(engine, { agents: 1 });
  const nodes = ["server-0", "agent-0"].map((role) => `davit-${cluster.name}-${role}`);
  const base = await busyboxImage("pulled\n");
  const names = ["x.example/app:v1", "x.example/app:again"];
  for (
    const { sent } of await importImages(cluster.name, [{ view: base, names }], { via: "registry" })
  ) {
    assert(sent > 1_000_000, `${sent}`);
  }
  const layer = layerFromEntries([{
    path: "new",
    content: crypto.getRandomValues(new Uint8Array(65_536)),
  }]);
  const images = [{ view: appendLayers(base, [layer]), names: ["x.example/app:v2"] }];
  for (const { sent } of await importImages(cluster.name, images, { via: "registry" })) {
    assert(sent > 65_536 && sent < 75_000, `${sent}`);
  }
  for (const node of nodes) {
    assertEquals((await namesIn(node)).sort(), [...names, "x.example/app:v2"].sort());
    for (const name of names) assertMatch(await imageIn(node, name), /complete.* true\s*$/);
    assertEquals(await leftoversIn(node), "");
  }
});

nodeTest(
  "by a registry, a node that fails does not keep images from the others",
  async (engine) => {
    await using cluster = await makeCluster(engine, { agents: 1 });
    const victim = `davit-${cluster.name}-agent-0`;
    const base = await busyboxImage("x\n");
    const layer = layerFromEntries([{ path: "big", content: new Uint8Array(65_536) }]);
    await breakImports(victim);
    const images = [{ view: appendLayers(base, [layer]), names: ["x.example/app:v1"] }];
    const error = await assertRejects(
      () => importImages(cluster.name, images, { via: "registry" }),
      ImportError,
    );
    assertStringIncludes(error.message, `"${victim}": docker said "ctr: out of luck"`);
    assertMatch(await imageIn(`davit-${cluster.name}-server-0`, "x.example/app:v1"), /complete/);
  },
);

/** Large enough that it pays to pull it. */
const LARGE = 40_000_000;

nodeTest(
  "chosen by davit, nodes pull what is large; one that finds no registry is sent it",
  async (engine) => {
    await using cluster = await makeCluster(engine, { agents: 1 });
    const [server, lost] = ["server-0", "agent-0"].map((role) => `davit-${cluster.name}-${role}`);
    assert(server !== undefined && lost !== undefined);
    await inNode(lost, "ip", "route", "add", "unreachable", await gatewayOf(lost));
    const images = [{
      view: appendLayers(await busyboxImage("x\n"), [largeLayer()]),
      names: ["x.example/a:v1"],
    }];
    const error = await assertRejects(
      () => importImages(cluster.name, images, { via: "registry" }),
      ImportError,
    );
    assertEquals(error.results.map(({ failure }) => failure !== undefined), [false, true]);
    await inNode(server, "ctr", "-n", "k8s.io", "images", "rm", "--sync", "x.example/a:v1");
    await breakImports(server, "images import");
    for (const { sent } of await importImages(cluster.name, images)) {
      assert(
        sent > LARGE,
        `${sent}`,
      );
    }
    for (const node of [server, lost]) {
      assertMatch(await imageIn(node, "x.example/a:v1"), /complete.* true\s*$/);
    }
  },
);

nodeTest(
  "chosen by davit, a node that cannot pull what it has asked for is sent it",
  async (engine) => {
    await using cluster = await makeCluster(engine);
    const node = `davit-${cluster.name}-server-0`;
    await breakImports(node, "images pull");
    const view = appendLayers(await busyboxImage("x\n"), [largeLayer()]);
    const [outcome] = await importImages(cluster.name, [{ view, names: ["x.example/a:v1"] }]);
    assert((outcome?.sent ?? 0) > LARGE);
    assertMatch(await imageIn(node, "x.example/a:v1"), /complete.* true\s*$/);
    assertEquals(await leftoversIn(node), "");
  },
);

nodeTest(
  "an image that cannot be read to its end is not the nodes' fault, either way",
  async (engine) => {
    await using dir = await tempDir();
    await using cluster = await makeCluster(engine);
    const path = dir.join("app.tar");
    const layer = largeLayer();
    await using archive = await createDockerArchive(path);
    const view = appendLayers(await busyboxImage("x\n"), [layer]);
    await copy(view, archive, { names: ["x.example/a:v1"] });
    await archive.commit();
    const bytes = await Deno.readFile(path);
    bytes.fill(1, LARGE / 2, LARGE / 2 + 1);
    await Deno.writeFile(path, bytes);
    for (const via of ["stream", "registry", "auto"]) {
      const args = ["image", "import", "-c", cluster.name, "--via", via, path];
      const { code, stderr } = await spawnDavit(args, { env: { DOCKER_HOST: engine.host } });
      assertEquals(code, 1);
      assertMatch(stderr, /davit: Cannot [^\n]*sha256:/, via);
      assert(!stderr.includes("docker said"), stderr);
    }
    assertEquals(await namesIn(`davit-${cluster.name}-server-0`), [""]);
    assertEquals(await leftoversIn(`davit-${cluster.name}-server-0`), "");
  },
);

nodeTest("through an engine that is elsewhere, by DOCKER_HOST or a context", async (engine) => {
  await using dir = await tempDir();
  await using cluster = await makeCluster(engine);
  const node = `davit-${cluster.name}-server-0`;
  const name = `davit-test/remote:${crypto.randomUUID().slice(0, 8)}`;
  await using archive = await createDockerArchive(dir.join("app.tar"));
  await copy(await busyboxImage("far\n"), archive, { names: [name] });
  await archive.commit();
  await runOk("docker", ["load", "-i", dir.join("app.tar")]);
  await using far = await openFarEngine(engine);
  const config = { DOCKER_CONFIG: dir.join("docker") };
  const host = `host=tcp://127.0.0.1:${far.port}`;
  await runOk("docker", ["context", "create", "far", "--docker", host], { env: config });
  const nowhere = "unix:///nowhere.sock";
  const args = ["image", "import", "-c", cluster.name, "--json", name];
  const first = await runOk(Deno.execPath(), [...DAVIT, ...args], {
    env: { DOCKER_HOST: `tcp://127.0.0.1:${far.port}` },
  });
  assertEquals(JSON.parse(first.stdout).nodes[0].sent > 0, true);
  // To Docker before 23 an empty DOCKER_HOST is one.
  const byContext = ["-u", "DOCKER_HOST", Deno.execPath(), ...DAVIT, ...args];
  const again = await runOk("env", byContext, { env: { ...config, DOCKER_CONTEXT: "far" } });
  assertEquals(JSON.parse(again.stdout).nodes[0].sent, 0);
  assertMatch(await imageIn(node, `docker.io/${name}`), /complete.* true\s*$/);
  const { code } = await run(Deno.execPath(), [...DAVIT, "image", "import", name], {
    env: { DOCKER_HOST: nowhere },
  });
  assertEquals(code, 1);
  await runOk("docker", ["rmi", name]);
}, { needs: ["socat"] });

async function gatewayOf(node: string): Promise<string> {
  const { NetworkSettings } = await inspect(node);
  const [network] = Object.values(NetworkSettings.Networks) as { Gateway: string }[];
  return network?.Gateway ?? "";
}

function largeLayer(): Layer {
  const content = crypto.getRandomValues(new Uint8Array(65_536));
  return layerFromEntries(
    Array.from({ length: LARGE / 65_536 }, (_, file) => ({ path: `${file}`, content })),
  );
}
