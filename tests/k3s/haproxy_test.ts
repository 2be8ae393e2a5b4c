/** HAProxy as the load balancer of a cluster. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SpecError } from "../../lib/errors.ts";
import { haproxyConfig, isHaproxy } from "../../lib/k3s/balancer/haproxy.ts";
import { haproxyImage } from "../support/balancer_image.ts";
import { runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { inspect, makeCluster } from "./cluster.ts";
import { askManyTcp, freePort, serveNames } from "./named_services.ts";

nodeTest(
  "a cluster has HAProxy as its load balancer, which passes over nodes that are gone",
  async (engine) => {
    const port = freePort();
    await using cluster = await makeCluster(engine, {
      agents: 1,
      ports: [{ port: `127.0.0.1:${port}:8080` }],
      options: { davit: { loadbalancerImage: await haproxyImage(engine) } },
    });
    const { name } = cluster;
    const [server, agent, joined] = ["server-0", "agent-0", "agent-1"].map((role) =>
      `davit-${name}-${role}`
    ) as [string, string, string];
    const { HostConfig, State } = await inspect(`davit-${name}-serverlb`);
    assertEquals(HostConfig.Privileged, false);
    await serveNames([server, agent]);
    assertEquals(await askManyTcp(port), [agent, server]);
    await runDavitOk(["node", "create", "-c", name]);
    await serveNames([joined]);
    assertEquals(await askManyTcp(port), [agent, joined, server]);
    await runOk("docker", ["stop", "-t", "0", joined]);
    assertEquals(await askManyTcp(port), [agent, server]);
    assertEquals((await inspect(`davit-${name}-serverlb`)).State.StartedAt, State.StartedAt);
  },
  { needs: ["haproxy"] },
);

Deno.test("an image is HAProxy's by its name", () => {
  const images = ["haproxy", "haproxy:3.0-alpine", "docker.io/library/haproxy@sha256:00"];
  const others = ["nginx:1", "my/haproxy/nginx:1", "nothaproxy:1"];
  for (const image of [...images, "haproxytech/haproxy-debian:3.0"]) {
    assertEquals(isHaproxy(image), true, image);
  }
  for (const image of others) assertEquals(isHaproxy(image), false, image);
});

Deno.test("HAProxy gets a server for each node, and the settings of k3d; UDP is refused", () => {
  const route = { port: 80, protocol: "tcp", targets: ["10.0.0.2", "davit-dev-agent-0"] } as const;
  const text = haproxyConfig([route], { workerConnections: 2048, defaultProxyTimeout: 9 });
  assertStringIncludes(text, "maxconn 2048");
  assertStringIncludes(text, "timeout server 9s");
  assertStringIncludes(text, "server node0 10.0.0.2:80\n");
  assertStringIncludes(text, "server node1 davit-dev-agent-0:80 resolvers engine");
  const udp = { ...route, protocol: "udp" } as const;
  assertThrows(() => haproxyConfig([udp]), SpecError, "80/udp");
});
