/** davit's own load balancer: a program of one file, in an image that davit composes. */
import { assertEquals, assertRejects } from "@std/assert";
import { createServer } from "node:net";
import { RouteServer } from "../../lib/k3s/balancer/serve_routes.ts";
import { runDavitOk } from "../support/cli.ts";
import { nodeTest } from "../support/node_image.ts";
import { inspect, makeCluster } from "./cluster.ts";
import { askManyTcp, askUdp, freePort, serveNames } from "./named_services.ts";

nodeTest(
  "a cluster has davit's own load balancer, by TCP and UDP, which follows its nodes",
  async (engine) => {
    const [tcp, udp] = [freePort(), freePort()];
    await using cluster = await makeCluster(engine, {
      agents: 1,
      ports: [
        { port: `127.0.0.1:${tcp}:8080` },
        { port: `127.0.0.1:${udp}:5353/udp`, nodeFilters: ["agent:*"] },
      ],
      options: { davit: { loadbalancerImage: "davit" } },
    });
    const { name } = cluster;
    const [server, agent, joined] = ["server-0", "agent-0", "agent-1"].map((role) =>
      `davit-${name}-${role}`
    ) as [string, string, string];
    const { Config, HostConfig } = await inspect(`davit-${name}-serverlb`);
    assertEquals(HostConfig.Privileged, false);
    assertEquals(Config.Image.split(":")[0], "localhost/davit-balancer");
    await serveNames([server, agent]);
    assertEquals(await askManyTcp(tcp), [agent, server]);
    assertEquals(await askUdp(udp), agent);
    await runDavitOk(["node", "create", "-c", name]);
    await serveNames([joined]);
    assertEquals(await askManyTcp(tcp), [agent, joined, server]);
  },
);

Deno.test("a target that does not answer is passed over, and both directions end in order", async () => {
  const port = freePort();
  const target = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("data", () => {}).on("end", () => socket.end("all heard"));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  target.listen(port, "127.0.0.2", resolve);
  await promise;
  const server = new RouteServer("127.0.0.1");
  const route = { port, protocol: "tcp", targets: ["127.0.0.3", "127.0.0.2"] };
  await server.update({ routes: [route], timeout: 9 });
  for (let attempt = 0; attempt < 4; attempt++) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("said"));
    await connection.closeWrite();
    assertEquals(await new Response(connection.readable).text(), "all heard");
  }
  await server.update({ routes: [], timeout: 9 });
  await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port }));
  await new Promise<void>((done) => void target.close(() => done()));
});
