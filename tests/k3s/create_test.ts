/** Clusters that come up, on a real engine. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TOKEN_PATH } from "../../lib/k3s/arrange_nodes.ts";
import { deleteCluster } from "../../lib/k3s/delete_cluster.ts";
import { readKubeconfig } from "../../lib/k3s/read_kubeconfig.ts";
import { listClusters } from "../../lib/k3s/list_clusters.ts";
import { run, runOk } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { inNode, inspect, makeCluster, remainsOf, uniqueName } from "./cluster.ts";

nodeTest("a cluster of a server and two agents", async (engine, t) => {
  await using cluster = await makeCluster(engine, { agents: 2 });
  const { name } = cluster;
  const nodes = ["agent-0", "agent-1", "server-0"].map((role) => `davit-${name}-${role}`);
  const server = `davit-${name}-server-0`;

  await t.step("is reached from here, and by the library", async () => {
    await using dir = await tempDir();
    const env = { KUBECONFIG: dir.join("config") };
    await Deno.writeTextFile(env.KUBECONFIG, cluster.kubeconfig);
    const { stdout } = await runOk("kubectl", ["get", "nodes", "-o", "name"], { env });
    assertEquals(stdout.trim().split("\n"), nodes.map((node) => `node/${node}`));
    assertEquals(await cluster.kubectl("get", "nodes", "-o", "name"), stdout);
    assertEquals(await readKubeconfig(name), cluster.kubeconfig);
  });

  await t.step("has privileged k3s nodes, k3s as their first process, and no helper", async () => {
    const { HostConfig, Config, Args, Path } = await inspect(server);
    assertEquals([HostConfig.Privileged, HostConfig.Init ?? null], [true, null]);
    assertEquals(Object.keys(HostConfig.Tmpfs).sort(), ["/run", "/var/run"]);
    assertEquals(HostConfig.RestartPolicy.Name, "unless-stopped");
    assertEquals(Config.Entrypoint, ["/bin/k3s"]);
    assertEquals([Path, ...Args].slice(0, 2), ["/bin/k3s", "server"]);
    const made = [...nodes, ...nodes, ...nodes.map((node) => `${node}-kubelet`), `davit-${name}`];
    assertEquals(await remainsOf(name), made.sort());
  });

  await t.step("has a strong token, the same everywhere, and told nowhere", async () => {
    const [token = "", ...others] = await Promise.all(
      nodes.map((node) => inNode(node, "cat", TOKEN_PATH)),
    );
    assertMatch(token, /^[0-9a-f]{64}$/);
    assertEquals(others, [token, token]);
    assert(!JSON.stringify(await listClusters()).includes(token));
    for (const node of nodes) {
      assert(!JSON.stringify(await inspect(node)).includes(token));
      const { stdout, stderr } = await runOk("docker", ["logs", node]);
      assert(!`${stdout}${stderr}`.includes(token));
      assert(!(await inNode(node, "ps")).includes(token));
      assertEquals((await inNode(node, "stat", "-c", "%a", TOKEN_PATH)).trim(), "600");
    }
  });

  await t.step("has nodes with addresses of their own, which know the host by name", async () => {
    const network = await inspectNetwork(`davit-${name}`);
    const { Subnet, Gateway } = network.IPAM.Config[0];
    const prefix = Subnet.replace(/0\/24$/, "");
    const addresses = await Promise.all(nodes.map(async (node) => {
      const { NetworkSettings } = await inspect(node);
      return NetworkSettings.Networks[`davit-${name}`].IPAMConfig.IPv4Address;
    }));
    assertEquals(addresses, [`${prefix}3`, `${prefix}4`, `${prefix}2`]);
    assertEquals(Gateway, `${prefix}1`);
    for (const node of nodes) {
      const hosts = await inNode(node, "cat", "/etc/hosts");
      assertMatch(hosts, /\shost\.davit\.internal$/m);
      assertMatch(hosts, /\shost\.k3d\.internal$/m);
    }
    const manifest = "/var/lib/rancher/k3s/server/manifests/davit-hosts.yaml";
    const text = await inNode(server, "cat", manifest);
    assertStringIncludes(text, "host.davit.internal:53 host.k3d.internal:53 {");
  });

  await t.step("has a network with the largest packet of the default bridge", async () => {
    const option = "com.docker.network.driver.mtu";
    const networks = await Promise.all([`davit-${name}`, "bridge"].map(inspectNetwork));
    const [own, bridge] = networks.map(({ Options }) => Options[option]);
    assertEquals(own, bridge);
  });

  await t.step("has an API that listens on this machine alone", async () => {
    const { NetworkSettings } = await inspect(server);
    const [binding, ...more] = NetworkSettings.Ports["6443/tcp"];
    assertEquals([binding.HostIp, more], ["127.0.0.1", []]);
    assertMatch(cluster.apiUrl, /^https:\/\/127\.0\.0\.1:\d+$/);
  });

  await t.step("goes without a trace", async () => {
    await cluster.delete();
    assertEquals(await remainsOf(name), []);
    assertEquals(await deleteCluster(name), false);
  });
});

nodeTest(
  "arguments, variables, labels, volumes and limits reach the nodes they are for",
  async (engine) => {
    await using dir = await tempDir();
    await Deno.writeTextFile(dir.join("note"), "hello\n");
    await using cluster = await makeCluster(engine, {
      agents: 1,
      env: [{ envVar: "GREETING=a b 'c' \"d\"\nü", nodeFilters: ["agent:0"] }],
      volumes: [{ volume: `${dir.path}:/from-here:ro`, nodeFilters: ["server:0"] }],
      hostAliases: [{ ip: "10.9.8.7", hostnames: ["far.example"] }],
      options: {
        k3s: {
          extraArgs: [
            { arg: "--disable=traefik", nodeFilters: ["server:*"] },
            { arg: "--kubelet-arg=v=4", nodeFilters: ["all"] },
            { arg: "--disable=servicelb", nodeFilters: ["server:0"] },
          ],
          nodeLabels: [{ label: "zone=a", nodeFilters: ["agent:*"] }],
        },
        runtime: {
          serversMemory: "512m",
          labels: [{ label: "team=x", nodeFilters: ["server:0"] }],
          ulimits: [{ name: "nofile", soft: 1000, hard: 2000 }],
        },
        davit: { agentsCpus: "0.5" },
      },
    });
    const [server, agent] = ["server-0", "agent-0"].map((role) => `davit-${cluster.name}-${role}`);
    const arguments_ = "/run/k3s-arguments";
    if (engine.isStandIn) {
      assertEquals(
        await inNode(server ?? "", "cat", arguments_),
        "--disable=traefik\n--kubelet-arg=v=4\n--disable=servicelb\n",
      );
      assertEquals(
        await inNode(agent ?? "", "cat", arguments_),
        "--node-label\nzone=a\n--kubelet-arg=v=4\n",
      );
    }
    const greeting = ["sh", "-c", 'printf %s "$GREETING"'];
    assertEquals(await inNode(agent ?? "", ...greeting), "a b 'c' \"d\"\nü");
    assertEquals(await inNode(server ?? "", ...greeting), "");
    assertEquals(await inNode(server ?? "", "cat", "/from-here/note"), "hello\n");
    assertStringIncludes(await inNode(agent ?? "", "cat", "/etc/hosts"), "10.9.8.7\tfar.example");
    const [one, two] = [await inspect(server ?? ""), await inspect(agent ?? "")];
    assertEquals([one.HostConfig.Memory, two.HostConfig.Memory], [512 * 1024 * 1024, 0]);
    assertEquals([one.HostConfig.NanoCpus, two.HostConfig.NanoCpus], [0, 500_000_000]);
    assertEquals([one.Config.Labels.team, two.Config.Labels.team], ["x", undefined]);
    assertEquals(one.HostConfig.Ulimits, [{ Name: "nofile", Soft: 1000, Hard: 2000 }]);
  },
);

nodeTest("files are there before a node starts", async (engine) => {
  await using cluster = await makeCluster(engine, {
    files: [
      { source: "a: 1\nb: 2\n", destination: "k3s-manifests/app.yaml", nodeFilters: ["server:0"] },
      { source: new URL("cluster.ts", import.meta.url).pathname, destination: "/etc/copy.ts" },
    ],
  });
  const server = `davit-${cluster.name}-server-0`;
  const manifests = "/var/lib/rancher/k3s/server/manifests";
  assertEquals(await inNode(server, "cat", `${manifests}/app.yaml`), "a: 1\nb: 2\n");
  assertStringIncludes(await inNode(server, "cat", "/etc/copy.ts"), "export async function");
  assertEquals((await inNode(server, "stat", "-c", "%a", "/etc/copy.ts")).trim(), "644");
});

nodeTest("clusters that are made at the same time do not meet", async (engine) => {
  await using one = await makeCluster(engine);
  const [two, three] = await Promise.all([makeCluster(engine), makeCluster(engine)]);
  await using _two = two;
  await using _three = three;
  const networks = await Promise.all(
    [one, two, three].map(({ name }) => inspectNetwork(`davit-${name}`)),
  );
  assertEquals(new Set(networks.map(({ IPAM }) => IPAM.Config[0].Subnet)).size, 3);
});

// deno-lint-ignore no-explicit-any
async function inspectNetwork(name: string): Promise<any> {
  return JSON.parse((await runOk("docker", ["network", "inspect", name])).stdout)[0];
}

nodeTest(
  "a volume of the user's keeps a node's state, and outlives the cluster",
  async (engine) => {
    const volume = `mine-${uniqueName()}`;
    await using _volume = {
      [Symbol.asyncDispose]: async () => void await run("docker", ["volume", "rm", volume]),
    };
    await using cluster = await makeCluster(engine, {
      volumes: [{ volume: `${volume}:/var/lib/rancher/k3s`, nodeFilters: ["server:0"] }],
    });
    const server = `davit-${cluster.name}-server-0`;
    const { Mounts } = await inspect(server);
    const volumeAt = (path: string) =>
      Mounts.find((mount: { Destination: string }) => mount.Destination === path).Name;
    assertEquals(volumeAt("/var/lib/rancher/k3s"), volume);
    assertEquals(volumeAt("/var/lib/kubelet"), `${server}-kubelet`);
    await cluster.delete();
    assertEquals(await remainsOf(cluster.name), []);
    const { stdout } = await runOk("docker", ["volume", "ls", "--quiet"]);
    assert(stdout.split("\n").includes(volume), stdout);
  },
);
