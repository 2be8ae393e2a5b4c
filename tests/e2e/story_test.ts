import { assertEquals, assertMatch } from "@std/assert";
import { Build } from "../../lib/compose/build.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { Repository } from "../../lib/registry/repository.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { engineTest } from "../support/engine.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree } from "../support/tree.ts";
import { busyboxImage } from "../differential/docker_images.ts";

/** Build on a base with a whiteout and a directory, push, and run what Docker pulls. */
engineTest(
  "an image built on a pulled base runs in Docker with what was added",
  async ({ host }) => {
    const env = { DOCKER_HOST: host };
    await using dir = await tempDir();
    await using server = await serveRegistry({ directory: dir.join("registry") });
    using transport = new Transport();
    const places = { transport };
    await using names = new AsyncDisposableStack();

    const base = new Repository({ registry: server.address, repository: "base" }, { transport });
    await copy(await busyboxImage("old\n"), base, { names: ["v1"] });
    await makeTree(dir.join("site"), {
      "index.html": "<h1>new</h1>\n",
      "bin/hello": { content: "#!/bin/busybox sh\necho hello from $0\n", mode: 0o755 },
      "bin/hi": { symlink: "hello" },
    });
    const tag = `${server.address}/site:v1`;
    names.defer(async () => void await runOk("docker", ["rmi", "-f", tag], { env }));
    const [pushed] = await Build.from(`${server.address}/base:v1`)
      .remove("text0")
      .copy("site", { to: "/srv/site", owner: "1000:1000" })
      .config({ entrypoint: ["/bin/busybox"], cmd: ["find", "/text0", "/srv"], user: "1000:1000" })
      .tag(tag)
      .run({ places, directory: dir.path });

    const { stdout } = await runOk("docker", ["pull", tag], { env });
    assertMatch(stdout, new RegExp(pushed?.descriptor.digest ?? "no digest"));
    const inContainer = async (...command: string[]) =>
      (await runOk("docker", ["run", "--rm", "--network=none", tag, ...command], { env })).stdout;
    assertEquals(await inContainer("cat", "/srv/site/index.html"), "<h1>new</h1>\n");
    assertEquals(
      await inContainer("sh", "-c", "/srv/site/bin/hi"),
      "hello from /srv/site/bin/hi\n",
    );
    assertEquals(await inContainer("sh", "-c", "test -e /text0 || echo gone"), "gone\n");
    assertEquals(
      await inContainer("stat", "-c", "%u:%g %a", "/srv/site/bin/hello"),
      "1000:1000 755\n",
    );

    await runOk("docker", ["tag", tag, `${server.address}/again:v1`], { env });
    names.defer(async () => {
      await runOk("docker", ["rmi", "-f", `${server.address}/again:v1`], { env });
    });
    await runOk("docker", ["push", `${server.address}/again:v1`], { env });
    const again = new Repository({ registry: server.address, repository: "again" }, { transport });
    const view = await again.open("v1");
    if (view.kind !== "image") throw new TypeError("expected an image");
    assertEquals((await view.layers()).length, 4);
  },
);
