/** Load balancers: of several servers, and of ports that lead to several nodes. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { nginxConfig, parseBalancerSettings } from "../../lib/k3s/load_balancer.ts";
import { startCluster, stopCluster } from "../../lib/k3s/start_cluster.ts";
import { balancerImage } from "../support/balancer_image.ts";
import { runOk } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { inNode, inspect, makeCluster, remainsOf } from "./cluster.ts";
import { askManyTcp, askUdp, freePort, serveNames } from "./named_services.ts";

const NEEDS = { needs: ["nginx"] };

nodeTest(
  "three servers and two agents behind a load balancer live on through stop and start",
  async (engine, t) => {
    const [tcp, udp] = [freePort(), freePort()];
    await using dir = await tempDir();
    const loadbalancerImage = await balancerImage(engine);
    await using cluster = await makeCluster(engine, {
      servers: 3,
      agents: 2,
      ports: [
        { port: `127.0.0.1:${tcp}:8080` },
        { port: `127.0.0.1:${udp}:5353/udp`, nodeFilters: ["agent:*"] },
      ],
      options: { davit: { loadbalancerImage } },
    });
    const { name } = cluster;
    const balancer = `davit-${name}-serverlb`;
    const nodes = ["server-0", "server-1", "server-2", "agent-0", "agent-1"]
      .map((role) => `davit-${name}-${role}`);
    const env = { KUBECONFIG: dir.join("kubeconfig") };
    await Deno.writeTextFile(env.KUBECONFIG, cluster.kubeconfig);
    const addresses = () => Promise.all([...nodes, balancer].map(addressOf));
    const before = await addresses();

    await t.step("the API is published by it alone, which has no privileges", async () => {
      const { HostConfig, NetworkSettings } = await inspect(balancer);
      assertEquals([HostConfig.Privileged, HostConfig.UsernsMode], [false, ""]);
      assertEquals(NetworkSettings.Ports["6443/tcp"][0].HostIp, "127.0.0.1");
      for (const node of nodes) assertEquals((await inspect(node)).HostConfig.PortBindings, {});
      const { stdout } = await runOk("kubectl", ["get", "nodes", "-o", "name"], { env });
      assertEquals(stdout.trim().split("\n").length, 5);
    });

    await t.step("ports lead to the nodes they are for, by TCP and UDP", async () => {
      await serveNames(nodes);
      assertEquals(await askManyTcp(tcp), [...nodes].sort());
      const answer = await askUdp(udp);
      assert(nodes.slice(3).includes(answer), answer);
    });

    await t.step("a server that is gone is left alone", async () => {
      await runOk("docker", ["stop", "-t", "0", nodes[1] ?? ""]);
      await runOk("kubectl", ["get", "nodes"], { env });
    });

    await t.step("stop and start keep every address, and the API is there through it", async () => {
      await stopCluster(name);
      await startCluster(name);
      assertEquals(await addresses(), before);
      const { stdout } = await runOk("kubectl", ["get", "nodes", "-o", "name"], { env });
      assertEquals(stdout.trim().split("\n").length, 5);
    });

    await t.step("containers that the engine restarts by itself keep all that too", async () => {
      await runOk("docker", ["restart", "-t", "0", ...nodes, balancer]);
      await startCluster(name);
      assertEquals(await addresses(), before);
      for (const node of nodes) {
        assertStringIncludes(await inNode(node, "cat", "/etc/hosts"), "host.davit.internal");
      }
    });

    await cluster.delete();
    assertEquals(await remainsOf(name), []);
  },
  NEEDS,
);

Deno.test("nginx gets a server for each route, and the settings of k3d", () => {
  const settings = parseBalancerSettings([
    "settings.workerConnections=2048",
    "defaultProxyTimeout=9",
  ]);
  const text = nginxConfig(
    [{ port: 53, protocol: "udp", targets: ["10.0.0.2", "10.0.0.3"] }],
    settings,
  );
  assertStringIncludes(text, "worker_connections 2048;");
  assertStringIncludes(text, "proxy_timeout 9s;");
  assertStringIncludes(text, "server 10.0.0.2:53 max_fails=1 fail_timeout=10s; server 10.0.0.3:53");
  assertStringIncludes(text, "listen 53 udp reuseport; proxy_pass udp_53;");
});

async function addressOf(node: string): Promise<string> {
  const { NetworkSettings } = await inspect(node);
  const [network] = Object.values(NetworkSettings.Networks) as { IPAddress: string }[];
  return network?.IPAddress ?? "";
}
