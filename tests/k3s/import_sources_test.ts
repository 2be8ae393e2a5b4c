/** What is imported: every kind of source, and what a node has of it already. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createDockerArchive } from "../../lib/archive/docker_archive.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { createIndex } from "../../lib/image/create_index.ts";
import type { Image, View } from "../../lib/image/image.ts";
import { importImages } from "../../lib/k3s/import_images.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { createLayout } from "../../lib/layout/open_layout.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { copy } from "../../lib/store/copy.ts";
import type { Destination } from "../../lib/store/store.ts";
import { busyboxImage } from "../differential/docker_images.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { run, runOk } from "../support/command.ts";
import { makeImage } from "../support/images.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { inNode, makeCluster } from "./cluster.ts";
import { CTR, imageIn, namesIn } from "./images_in_node.ts";

nodeTest(
  "an image of several platforms of which one is there, as Docker 25 saves it, is that one",
  async (engine) => {
    await using dir = await tempDir();
    await using cluster = await makeCluster(engine);
    const node = `davit-${cluster.name}-server-0`;
    const index = createIndex([
      { image: makeImage([[{ path: "a", content: "arm" }]], { platform: "linux/arm64" }) },
      { image: await busyboxImage("here\n") },
    ]);
    await write(await createLayout(dir.join("both")), index, "x.example/both:v1");
    const { config, layers } = await keepOnly("amd64", dir.join("both"));
    await runOk("tar", ["-C", dir.join("both"), "-cf", dir.join("oci.tar"), "."]);
    const repoTags = ["x.example/saved:v1"];
    const saved = [{ Config: blob(config), RepoTags: repoTags, Layers: layers.map(blob) }];
    await Deno.writeTextFile(dir.join("both/manifest.json"), JSON.stringify(saved));
    await runOk("tar", ["-C", dir.join("both"), "-cf", dir.join("saved.tar"), "."]);
    for (const [file, name] of [["oci.tar", "both"], ["saved.tar", "saved"]] as const) {
      await runDavitOk(["image", "import", "-c", cluster.name, dir.join(file)]);
      assertMatch(await imageIn(node, `x.example/${name}:v1`), /complete \(3\/3\).* true\s*$/);
    }
  },
);

nodeTest("images come by digest, by ID, and out of a build", async (engine, t) => {
  await using dir = await tempDir();
  await using server = await serveRegistry();
  await using cluster = await makeCluster(engine);
  const node = `davit-${cluster.name}-server-0`;
  const davit = async (...words: string[]) => {
    const { stdout } = await runDavitOk([
      "image",
      "import",
      "-c",
      cluster.name,
      "--json",
      ...words,
    ]);
    return JSON.parse(stdout).nodes[0].sent;
  };
  const unique = crypto.randomUUID().slice(0, 8);
  const name = `${server.address}/test-${unique}`;
  await write(
    await createDockerArchive(dir.join("app.tar")),
    await busyboxImage(unique),
    `${name}:v1`,
  );
  await runDavitOk(["push", dir.join("app.tar"), `${name}:v1`]);
  await runOk("docker", ["load", "-i", dir.join("app.tar")]);
  await using _image = {
    [Symbol.asyncDispose]: async () => void await run("docker", ["rmi", "-f", `${name}:v1`]),
  };
  const digest = (await runDavitOk(["digest", `${name}:v1`])).stdout.trim();
  const id = (await runOk("docker", ["image", "inspect", "-f", "{{.Id}}", `${name}:v1`])).stdout
    .trim();

  await t.step("of a registry", async () => {
    assert(await davit(`docker://${name}@${digest}`) > 500_000);
    assertStringIncludes(await imageIn(node, `${name}@${digest}`), digest);
    assertEquals(await davit(`docker://${name}:v1`), 0);
    assertStringIncludes(await imageIn(node, `${name}:v1`), digest);
  });

  await t.step(
    "of Docker, whose plain layers a node holds compressed: nothing is sent",
    async () => {
      await inNode(node, ...CTR, "images", "rm", `${name}:v1`);
      for (const word of [`${name}:v1`, id, id.slice(7, 19)]) assertEquals(await davit(word), 0);
      assertStringIncludes(await imageIn(node, `${name}:v1`), digest);
      await Deno.writeTextFile(dir.join("Dockerfile"), `FROM ${name}:v1\nLABEL more=${unique}\n`);
      await runOk("docker", ["build", "-q", "-t", `${name}:more`, dir.path]);
      const sent = await davit(`${name}:more`);
      assert(sent > 0 && sent < 4096, `config and manifest alone, not ${sent} bytes`);
      await runOk("docker", ["rmi", "-f", `${name}:more`]);
      assertMatch(await imageIn(node, `${name}:more`), /complete.* true\s*$/);
    },
  );

  await t.step("of Docker, without a name: not at all", async () => {
    await runOk("docker", ["tag", `${name}:v1`, `keep-${unique}:v1`]);
    const { code, stderr } = await runDavit([
      "image",
      "import",
      "-c",
      cluster.name,
      "feedfacecafe",
    ]);
    assertEquals(code, 3);
    assertStringIncludes(stderr, "feedfacecafe");
    await runOk("docker", ["rmi", `keep-${unique}:v1`]);
  });

  await t.step("of a build file, of which nothing goes again", async () => {
    await Deno.writeTextFile(dir.join("site.html"), unique);
    await Deno.writeTextFile(
      dir.join("davit.yaml"),
      `from: ./app.tar\nlayers:\n  - copy: site.html\n    to: /site\ntags: [x.example/built:v1]\n`,
    );
    const first = await davit(dir.join("davit.yaml"));
    assert(
      first > 1024 && first < 8192,
      `a layer, the config and the manifest, not ${first} bytes`,
    );
    assertEquals(await davit(dir.join("davit.yaml")), 0);
    assertMatch(await imageIn(node, "x.example/built:v1"), /complete.* true\s*$/);
    assertEquals((await namesIn(node)).filter((name) => name.includes("built")).length, 1);
  });
});

nodeTest(
  "what a node has under a name already costs no bytes, and no docker save",
  async (engine) => {
    await using dir = await tempDir();
    await using cluster = await makeCluster(engine, { agents: 1 });
    const name = `davit-test/again:${crypto.randomUUID().slice(0, 8)}`;
    await write(
      await createDockerArchive(dir.join("app.tar")),
      await busyboxImage("again\n"),
      name,
    );
    await runOk("docker", ["load", "-i", dir.join("app.tar")]);
    await runDavitOk(["image", "import", "-c", cluster.name, name]);
    await Deno.writeTextFile(
      dir.join("docker"),
      `#!/bin/sh\n[ "$1" != save ] || exit 9\ncase "$*" in *"images import"*) exit 9 ;; esac\nexec docker "$@"\n`,
    );
    await Deno.chmod(dir.join("docker"), 0o755);
    const { stdout } = await runDavitOk(["image", "import", "-c", cluster.name, name, "--json"], {
      env: { DAVIT_DOCKER: dir.join("docker") },
    });
    for (const { sent } of JSON.parse(stdout).nodes) assertEquals(sent, 0);
    await runOk("docker", ["rmi", name]);
  },
);

nodeTest("of an image of Docker, layers that all nodes have are left in Docker", async (engine) => {
  await using dir = await tempDir();
  await using cluster = await makeCluster(engine, { agents: 1 });
  const [server, agent] = ["server-0", "agent-0"].map((role) => `davit-${cluster.name}-${role}`);
  assert(server !== undefined && agent !== undefined);
  const base = await busyboxImage("base\n");
  const name = `davit-test/part:${crypto.randomUUID().slice(0, 8)}`;
  await using _images = {
    [Symbol.asyncDispose]: async () => {
      await run("docker", ["rmi", ...["v1", "v2", "v3"].map((tag) => `${name}-${tag}`)]);
    },
  };
  const load = async (tag: string) => {
    const top = layerFromEntries([{ path: "tag", content: tag }]);
    await write(
      await createDockerArchive(dir.join(`${tag}.tar`)),
      appendLayers(base, [top]),
      `${name}-${tag}`,
    );
    await runOk("docker", ["load", "-i", dir.join(`${tag}.tar`)]);
  };
  const davit = async (tag: string) => {
    await load(tag);
    const words = ["image", "import", "-c", cluster.name, "--json", `${name}-${tag}`];
    const { stdout } = await runDavitOk(words);
    return JSON.parse(stdout).nodes.map(({ sent }: { sent: number }) => sent);
  };
  for (const sent of await davit("v1")) assert(sent > 1_000_000, `${sent}`);
  for (const sent of await davit("v2")) assert(sent < 20_000, `${sent}`);
  const names = (await namesIn(agent)).join(" ");
  await inNode(agent, "sh", "-c", `${CTR.join(" ")} images rm --sync ${names}`);
  const [few = NaN, all = NaN] = await davit("v3");
  assert(few < 20_000 && all > 1_000_000, `${few}, ${all}`);
  for (const node of [server, agent]) {
    assertMatch(await imageIn(node, `docker.io/${name}-v3`), /complete.* true\s*$/);
  }
});

nodeTest("images are kept from garbage collection, unless they need not be", async (engine) => {
  await using cluster = await makeCluster(engine);
  const node = `davit-${cluster.name}-server-0`;
  const view = await busyboxImage("kept\n");
  const labels = async () => await inNode(node, ...CTR, "images", "ls", "name==x.example/kept:v1");
  for (const pin of [true, false, true]) {
    await importImages(cluster.name, [{ view, names: ["x.example/kept:v1"] }], { pin });
    assertEquals((await labels()).includes("io.cri-containerd.pinned=pinned"), pin);
  }
});

nodeTest("five images go to three nodes, to no more at once than is said", async (engine) => {
  await using dir = await tempDir();
  await using cluster = await makeCluster(engine, { agents: 2 });
  const log = dir.join("log");
  await Deno.writeTextFile(
    dir.join("docker"),
    `#!/bin/sh
case "$*" in *"images import"*)
  echo + >>${log} && docker "$@" && echo - >>${log}
  exit ;;
esac
exec docker "$@"
`,
  );
  await Deno.chmod(dir.join("docker"), 0o755);
  const base = await busyboxImage();
  for (const [jobs, most] of [[1, 1], [2, 2], [8, 3]] as const) {
    const images = Array.from({ length: 5 }, (_, i) => {
      const content = `${jobs} ${i}`;
      return { view: makeImage([[{ path: "text", content }]]), names: [`x.example/${jobs}:v${i}`] };
    });
    await Deno.writeTextFile(log, "");
    const docker = { executable: dir.join("docker") };
    await importImages(cluster.name, [{ view: base, names: ["x.example/base:v1"] }, ...images], {
      docker,
      jobs,
    });
    let running = 0;
    let peak = 0;
    for (const mark of (await Deno.readTextFile(log)).trim().split("\n")) {
      peak = Math.max(peak, running += mark === "+" ? 1 : -1);
    }
    assert(peak >= 1 && peak <= most, `${peak} at once of ${jobs}`);
    for (const role of ["server-0", "agent-0", "agent-1"]) {
      const names = await namesIn(`davit-${cluster.name}-${role}`);
      assertEquals(names.filter((name) => name.startsWith(`x.example/${jobs}:`)).length, 5);
    }
  }
});

/** Takes the blobs of all other platforms out of a layout; returns what is left. */
async function keepOnly(
  architecture: string,
  directory: string,
): Promise<{ readonly config: string; readonly layers: readonly string[] }> {
  const read = async (path: string) => JSON.parse(await Deno.readTextFile(`${directory}/${path}`));
  const { manifests: [root] } = await read("index.json");
  const { manifests } = await read(blob(root.digest));
  const kept = new Set<string>([root.digest]);
  let image = { config: "", layers: [] as string[] };
  for (const { digest, platform } of manifests) {
    if (platform.architecture !== architecture) continue;
    const { config, layers } = await read(blob(digest));
    image = { config: config.digest, layers: layers.map((layer: typeof config) => layer.digest) };
    for (const part of [digest, image.config, ...image.layers]) kept.add(part);
  }
  for await (const { name } of Deno.readDir(`${directory}/blobs/sha256`)) {
    if (!kept.has(`sha256:${name}`)) await Deno.remove(`${directory}/blobs/sha256/${name}`);
  }
  return image;
}

function blob(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

async function write(destination: Destination, view: View | Image, name: string): Promise<void> {
  await using _closed = destination;
  await copy(view, destination, { names: [name] });
  await destination.commit();
}
