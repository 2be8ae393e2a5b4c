/** Ports that come to a cluster that runs, and go. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { NotFoundError, SpecError } from "../../lib/errors.ts";
import { changePorts, withPorts } from "../../lib/k3s/change_ports.ts";
import { arrangeNodes } from "../../lib/k3s/arrange_nodes.ts";
import { balancerRoutes } from "../../lib/k3s/balancer_routes.ts";
import { balancerImage } from "../support/balancer_image.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { nodeTest } from "../support/node_image.ts";
import { exists, inspect, makeCluster, remainsOf } from "./cluster.ts";
import { askManyTcp, askTcp, askUdp, freePort, serveNames } from "./named_services.ts";

const NEEDS = { needs: ["nginx"] };

nodeTest(
  "ports change on a cluster that runs, and all others lead where they did",
  async (engine, t) => {
    const [tcp, udp, added, other] = [freePort(), freePort(), freePort(), freePort()];
    const loadbalancerImage = await balancerImage(engine);
    await using cluster = await makeCluster(engine, {
      agents: 2,
      ports: [
        { port: `127.0.0.1:${tcp}:8080` },
        { port: `127.0.0.1:${udp}:5353/udp`, nodeFilters: ["agent:*"] },
      ],
      options: { davit: { loadbalancerImage } },
    });
    const { name } = cluster;
    const balancer = `davit-${name}-serverlb`;
    const [server, ...agents] = ["server-0", "agent-0", "agent-1"].map((role) =>
      `davit-${name}-${role}`
    ) as [string, string, string];
    await serveNames([server, ...agents]);
    const othersAreThere = async () => {
      assertEquals(await askManyTcp(tcp), [...agents, server]);
      assert(agents.includes(await askUdp(udp)));
      await cluster.kubectl("get", "nodes");
    };

    await t.step("one is added, for one agent", async () => {
      const port = `127.0.0.1:${added}:8080@agent:1`;
      const { stdout } = await runDavitOk(["cluster", "edit", name, "--port-add", port, "--json"]);
      assertEquals(JSON.parse(stdout).ports.at(-1), `127.0.0.1:${added}:8080/tcp`);
      await othersAreThere();
    });

    await t.step("a port that the host has given away leaves all as it was", async () => {
      const { Id } = await inspect(balancer);
      using _taken = Deno.listen({ hostname: "127.0.0.1", port: other });
      const { code, stderr } = await runDavit(
        ["cluster", "edit", name, "--port-add", `127.0.0.1:${other}:80@agent:*`],
      );
      assertEquals(code, 1);
      assertStringIncludes(stderr, String(other));
      assertEquals((await inspect(balancer)).Id, Id);
      assertEquals((await remainsOf(name)).filter((one) => /-(?:next|before)$/.test(one)), []);
      await othersAreThere();
    });

    await t.step("one is added while another goes, by the load balancer's name", async () => {
      const [add, remove] = [`127.0.0.1:${other}:8080@server:0`, `127.0.0.1:${added}:8080`];
      await runDavitOk(["node", "edit", balancer, "--port-add", add, "--port-delete", remove]);
      assertEquals(await askTcp(other), server);
      await assertRejects(() => askTcp(added), Deno.errors.ConnectionRefused);
      await othersAreThere();
    });

    await t.step("what is not there cannot go; what is taken cannot come", async () => {
      const missing = await runDavit(["cluster", "edit", name, "--port-delete", "1:1"]);
      assertEquals(missing.code, 3);
      assertStringIncludes(missing.stderr, `127.0.0.1:${tcp}:8080`);
      const taken = await runDavit(["cluster", "edit", name, "--port-add", `${udp}:1/udp`]);
      assertEquals(taken.code, 2);
      assertEquals((await runDavit(["node", "edit", server, "--port-add", "1:1"])).code, 2);
      assertEquals((await runDavit(["cluster", "edit", name])).code, 2);
    });

    await t.step("an agent that joins is led to, one that leaves no more", async () => {
      const { stdout } = await runDavitOk(["node", "create", "-c", name]);
      const joined = stdout.trim();
      await serveNames([joined]);
      assertEquals(await askManyTcp(tcp), [...agents, joined, server]);
      await runDavitOk(["node", "delete", joined]);
      await othersAreThere();
    });
  },
  NEEDS,
);

nodeTest(
  "a cluster without a load balancer gets one, and is rid of it again",
  async (engine) => {
    const port = freePort();
    await using cluster = await makeCluster(engine);
    const { name } = cluster;
    const [server, balancer] = ["server-0", "serverlb"].map((role) => `davit-${name}-${role}`);
    await serveNames([server ?? ""]);
    const image = ["--lb-image", await balancerImage(engine)];
    const add = ["cluster", "edit", name, "--port-add", `127.0.0.1:${port}:8080`, ...image];
    const { stdout } = await runDavitOk([...add, "--dry-run"]);
    assertStringIncludes(stdout, `docker create --name ${balancer} `);
    assertEquals(await exists(balancer ?? ""), false);
    await runDavitOk(add);
    assertEquals(await askTcp(port), server);
    await runDavitOk(["cluster", "restart", name]);
    await runDavitOk(["cluster", "edit", name, "--port-delete", `127.0.0.1:${port}:8080`]);
    assertEquals(await exists(balancer ?? ""), false);
  },
  NEEDS,
);

Deno.test("ports are named as they were given, or by their numbers alone", () => {
  const ports = [{ port: "80:80" }, { port: "53:53/udp", nodeFilters: ["agent:*"] }];
  assertEquals(changePorts(ports, { remove: [{ port: "53:53/udp" }] }), ports.slice(0, 1));
  assertEquals(changePorts(ports, { remove: [{ port: "80" }] }), ports.slice(1));
  const wrong = { port: "53:53/udp", nodeFilters: ["server:0"] };
  assertThrows(
    () => changePorts(ports, { remove: [wrong] }),
    NotFoundError,
    'Cannot find port "53:53/udp@server:0" in those of the load balancer: 80:80, 53:53/udp@agent:*',
  );
});

Deno.test("a port that was added leads to the nodes of its filter", () => {
  const nodes = arrangeNodes({ name: "dev", agents: 2 }, {
    addresses: ["10.0.0.2", "10.0.0.3", "10.0.0.4"],
    api: { host: "127.0.0.1", hostIp: "127.0.0.1", port: 6550 },
  });
  const ports = [{ port: "8080:80", nodeFilters: ["agent:1"] }, { port: "53:53/udp" }];
  const balancer = withPorts("dev", nodes, { ports });
  assertEquals(balancerRoutes(balancer, nodes), [
    { port: 80, protocol: "tcp", targets: ["10.0.0.4"] },
    { port: 53, protocol: "udp", targets: ["10.0.0.2", "10.0.0.3", "10.0.0.4"] },
  ]);
  const taken = [{ port: "6550:1" }];
  assertThrows(
    () => withPorts("dev", nodes, { ports: taken }),
    SpecError,
    "127.0.0.1:6550:6443/tcp",
  );
  const direct = [{ port: "1:1", nodeFilters: ["agent:0:direct"] }];
  assertThrows(() => withPorts("dev", nodes, { ports: direct }), SpecError, '"1:1@agent:0"');
});
