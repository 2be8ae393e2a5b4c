/** Clusters whose nodes get another image, one at a time. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { inNode, inspect, makeCluster, remainsOf, uniqueName } from "./cluster.ts";

nodeTest("a cluster is upgraded, a node at a time, and keeps all it has", async (engine, t) => {
  if (!engine.isStandIn) return;
  await using images = await variantsOf(engine.image, {
    newer: "ENV STANDIN_VERSION=v1.28.3+k3s1",
    broken: "ENV STANDIN_FAIL=no-luck",
  });
  await using cluster = await makeCluster(engine, {
    agents: 1,
    files: [{ source: "one\ntwo\n", destination: "/etc/note" }],
    options: { davit: { agentsCpus: "0.5" } },
  });
  const { name } = cluster;
  const [agent, server] = ["agent-0", "server-0"].map((role) => `davit-${name}-${role}`) as [
    string,
    string,
  ];
  const data = "/var/lib/rancher/k3s/storage/note";
  const write = `mkdir -p /var/lib/rancher/k3s/storage /etc/rancher/node && echo kept >${data} &&
    echo secret >/etc/rancher/node/password`;
  for (const node of [server, agent]) await inNode(node, "sh", "-c", write);
  const before = await Promise.all([server, agent].map(addressOf));
  const versions = async () =>
    await cluster.kubectl(
      ...["get", "nodes", "-o", "jsonpath={.items[*].status.nodeInfo.kubeletVersion}"],
    );

  await t.step(
    "the docker commands are told first, server by server, then the agents",
    async () => {
      const args = ["cluster", "upgrade", name, "--image", images.newer, "--dry-run"];
      const { stdout } = await runDavitOk(args);
      const stops = stdout.split("\n").filter((line) => line.startsWith("docker stop"));
      assertEquals(stops, [`docker stop ${server}`, `docker stop ${agent}`]);
      assertStringIncludes(
        stdout,
        `docker cp ${server}:/etc/rancher - | docker cp - ${server}-next:/etc`,
      );
      assertEquals((await inspect(server)).Config.Image, engine.image);
    },
  );

  await t.step("names, addresses, volumes, files and limits stay", async () => {
    const { stdout } = await runDavitOk(["cluster", "upgrade", name, "--image", images.newer]);
    assertEquals(stdout, `${server}\n${agent}\n`);
    assertEquals(await versions(), "v1.28.3+k3s1 v1.28.3+k3s1");
    assertEquals(await Promise.all([server, agent].map(addressOf)), before);
    for (const node of [server, agent]) {
      assertEquals((await inspect(node)).Config.Image, images.newer);
      assertEquals(await inNode(node, "cat", data, "/etc/rancher/node/password"), "kept\nsecret\n");
      assertEquals(await inNode(node, "cat", "/etc/note"), "one\ntwo\n");
    }
    assertEquals((await inspect(agent)).HostConfig.NanoCpus, 500_000_000);
    const made = [agent, server].flatMap((node) => [node, node, `${node}-kubelet`]);
    assertEquals(await remainsOf(name), [...made, `davit-${name}`].sort());
  });

  await t.step("again changes nothing", async () => {
    const { Id } = await inspect(server);
    const { stdout, stderr } = await runDavitOk(["cluster", "upgrade", name, "-i", images.newer]);
    assertEquals([stdout, (await inspect(server)).Id], ["", Id]);
    assertStringIncludes(stderr, "are of that image");
  });

  await t.step("a node that fails goes back, and those behind it keep what they have", async () => {
    const ids = async () =>
      await Promise.all([server, agent].map(async (node) => (await inspect(node)).Id));
    const earlier = await ids();
    const { code, stderr } = await runDavit(["cluster", "upgrade", name, "-i", images.broken]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "no-luck");
    assertEquals(await ids(), earlier);
    await runDavitOk(["cluster", "start", name]);
    assertEquals(await versions(), "v1.28.3+k3s1 v1.28.3+k3s1");
    assertEquals(await inNode(server, "cat", data), "kept\n");
    assert(!(await remainsOf(name)).some((thing) => /-(?:next|before)$/.test(thing)));
  });

  await t.step("an image that is nowhere stops nothing", async () => {
    const args = ["cluster", "upgrade", name, "--image", "127.0.0.1:1/no/such:1"];
    assertEquals((await runDavit(args)).code, 1);
    assertEquals((await inspect(server)).State.Running, true);
  });
});

/** Images like another one, but for a line of a Dockerfile; they go with their scope. */
async function variantsOf<T extends Record<string, string>>(
  image: string,
  lines: T,
): Promise<Record<keyof T, string> & AsyncDisposable> {
  const names: Record<string, string> = {};
  const container = uniqueName();
  await runOk("docker", ["create", "--name", container, image]);
  for (const [key, line] of Object.entries(lines)) {
    const name = names[key] = `davit-test/${key}:${container}`;
    await runOk("docker", ["commit", "--change", line, container, name]);
  }
  await runOk("docker", ["rm", "--volumes", container]);
  const dispose = async () => void await runOk("docker", ["rmi", ...Object.values(names)]);
  return { ...names as Record<keyof T, string>, [Symbol.asyncDispose]: dispose };
}

async function addressOf(node: string): Promise<string> {
  const { NetworkSettings } = await inspect(node);
  const [network] = Object.values(NetworkSettings.Networks) as { IPAddress: string }[];
  return network?.IPAddress ?? "";
}
