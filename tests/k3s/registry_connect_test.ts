/** Registries that clusters get and give up while they run, on a real engine. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fakeDocker } from "../docker/fake_docker.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { findCommand, run } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { inNode, inspect, makeCluster, remainsOf, uniqueName } from "./cluster.ts";
import { CERTS, makeRegistry, pullIn, push } from "./registries.ts";

nodeTest(
  "case 86: a cluster that runs takes a registry, and none of its nodes starts again",
  async (engine, t) => {
    await using registry = await makeRegistry(engine);
    const { name, hostPort } = registry;
    await using cluster = await makeCluster(engine, { agents: 1 });
    const nodes = [`davit-${cluster.name}-server-0`, `davit-${cluster.name}-agent-0`];
    const started = async () =>
      await Promise.all(nodes.map(async (node) => (await inspect(node)).State.StartedAt));
    const before = await started();
    const digest = await push(`127.0.0.1:${hostPort}/app:v1`, "one");
    const image = `localhost:${hostPort}/app:v1`;
    const attempt = () =>
      run("docker", ["exec", nodes[0] ?? "", "ctr", "images", "pull", "--hosts-dir", CERTS, image]);

    await t.step("what would be done is told", async () => {
      const { stdout } = await runDavitOk([
        ...["registry", "connect", name, "-c", cluster.name, "--dry-run"],
      ]);
      assertMatch(
        stdout,
        new RegExp(`^docker network connect --ip \\S+\\.254 davit-${cluster.name} ${name}\n`),
      );
      assertMatch(stdout, /docker cp - davit-\S+-agent-0:\/ .*registries\.yaml.*hosts\.toml/);
      assert((await attempt()).code !== 0);
    });

    await t.step("it is pulled from, at once", async () => {
      const { stdout, stderr } = await runDavitOk([
        ...["registry", "connect", name, "-c", cluster.name, "--json"],
      ]);
      const told = JSON.parse(stdout);
      assertEquals([told.registry, told.cluster, told.waiting], [name, cluster.name, []]);
      assert(told.names.includes(`localhost:${hostPort}`));
      assertEquals(stderr, "");
      for (const node of nodes) assertEquals(await pullIn(node, image), digest);
      assertEquals(await started(), before);
    });

    await t.step("again, there is nothing to do", async () => {
      const { stdout } = await runDavitOk([
        ...["registry", "connect", name, "-c", cluster.name, "--dry-run"],
      ]);
      assertEquals(stdout.trim(), "");
    });

    await t.step("k3s writes the same at its next start", async () => {
      const path = `${CERTS}/localhost:${hostPort}/hosts.toml`;
      const written = await inNode(nodes[0] ?? "", "cat", path);
      await runDavitOk(["cluster", "restart", cluster.name]);
      const anew = await inNode(nodes[0] ?? "", "cat", path);
      const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");
      assertEquals(linesOf(written), linesOf(anew));
      assertEquals(await pullIn(nodes[1] ?? "", image), digest);
    });

    await t.step("an agent that comes later knows it too", async () => {
      await runDavitOk(["node", "create", "-c", cluster.name]);
      assertEquals(await pullIn(`davit-${cluster.name}-agent-1`, image), digest);
    });

    await t.step("it goes again, and leaves nothing in the nodes", async () => {
      await runDavitOk(["registry", "disconnect", name, "-c", cluster.name]);
      await inNode(nodes[0] ?? "", "ctr", "images", "rm", "--sync", image);
      assert((await attempt()).code !== 0);
      for (const node of nodes) {
        const text = await inNode(node, "cat", "/etc/rancher/k3s/registries.yaml");
        assertEquals(text.trim(), "mirrors: {}");
        assertEquals(await inNode(node, "find", CERTS, "-type", "f"), "");
      }
      const { NetworkSettings, State } = await inspect(name);
      assertEquals([Object.keys(NetworkSettings.Networks), State.Status], [["bridge"], "running"]);
      const again = await runDavit(["registry", "disconnect", name, "-c", cluster.name]);
      assertEquals(again.code, 3);
    });
  },
);

nodeTest("a registry that reaches only some nodes is taken back from those", async (engine) => {
  await using dir = await tempDir();
  await using registry = await makeRegistry(engine);
  await using cluster = await makeCluster(engine, { agents: 1 });
  const [server, agent] = ["server-0", "agent-0"].map((role) => `davit-${cluster.name}-${role}`);
  const executable = await fakeDocker(
    dir,
    `case "$*" in "cp - ${agent}:/") sleep 1; echo "no space left on device" >&2; exit 1 ;; esac
exec ${findCommand("docker")} "$@"`,
  );
  const manifests = "/var/lib/rancher/k3s/server/manifests";
  const filesOf = (node = "") =>
    inNode(node, "find", "/etc/rancher", CERTS, manifests, "-type", "f");
  await inNode(server ?? "", "mkdir", "-p", CERTS);
  const before = await filesOf(server);
  const { code, stderr } = await runDavit(
    ["registry", "connect", registry.name, "-c", cluster.name],
    { env: { DAVIT_DOCKER: executable } },
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "no space left on device");
  assertEquals(await filesOf(server), before);
  const { NetworkSettings } = await inspect(registry.name);
  assertEquals(Object.keys(NetworkSettings.Networks), ["bridge"]);
});

nodeTest(
  "a node whose containerd looks only at its start is told of, and knows then",
  async (engine) => {
    if (!engine.isStandIn) return;
    await using registry = await makeRegistry(engine);
    await using cluster = await makeCluster(engine);
    const server = `davit-${cluster.name}-server-0`;
    const config = "/var/lib/rancher/k3s/agent/etc/containerd/config.toml";
    await inNode(server, "sed", "-i", "/config_path/d", config);
    const { stderr, stdout } = await runDavitOk([
      ...["registry", "connect", registry.name, "-c", cluster.name, "--json"],
    ]);
    assertEquals(JSON.parse(stdout).waiting, [server]);
    assertStringIncludes(stderr, `davit cluster restart ${cluster.name}`);
    const digest = await push(`127.0.0.1:${registry.hostPort}/app:v1`, "one");
    await runDavitOk(["cluster", "restart", cluster.name]);
    assertEquals(await pullIn(server, `${registry.name}:5000/app:v1`), digest);
  },
);

nodeTest("a registry is made and connected by one command, or not at all", async (engine) => {
  await using cluster = await makeCluster(engine);
  const name = uniqueName();
  const none = await runDavit(["registry", "create", name, "-c", uniqueName()]);
  assertEquals([none.code, await remainsOf(name)], [3, []]);
  await runDavitOk(["registry", "create", name, "-c", cluster.name, "--no-help"]);
  const { stdout } = await runDavitOk(["registry", "list", "--json", name]);
  assertEquals(JSON.parse(stdout).clusters, [cluster.name]);
  await cluster.delete();
  assertEquals((await inspect(`davit-${name}`)).State.Status, "running");
  await runDavitOk(["registry", "delete", name]);
});
