/** Clusters that do not come up, on a real engine: what is said, and that nothing is left. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createCluster } from "../../lib/k3s/create_cluster.ts";
import { AlreadyExistsError, ClusterError, DockerError, SpecError } from "../../lib/errors.ts";
import type { ClusterSpec } from "../../lib/k3s/spec.ts";
import { run, runOk } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { cleanUp, exists, inspect, makeCluster, remainsOf, uniqueName } from "./cluster.ts";

/** Failures on demand are the stand-in's. */
function switchedOn(name: string, value: string, node: string): ClusterSpec {
  return { env: [{ envVar: `${name}=${value}`, nodeFilters: [node] }] };
}

nodeTest(
  "a node that ends again and again fails at once, by name and last words",
  async (engine) => {
    if (!engine.isStandIn) return;
    const name = uniqueName();
    const start = performance.now();
    const error = await assertRejects(
      () =>
        makeCluster(engine, {
          name,
          agents: 1,
          ...switchedOn("STANDIN_FAIL", "no luck", "agent:0"),
        }),
      ClusterError,
      `Cannot start node "davit-${name}-agent-0": it ended 3 times, with exit code 1`,
    );
    assert(performance.now() - start < 60_000, "well before the deadline");
    assertStringIncludes(error.message, "starting kubernetes: no luck");
    assertEquals(error.node, `davit-${name}-agent-0`);
    assert(error.logs.length > 1 && error.logs.length <= 20);
    assertEquals(await remainsOf(name), []);
  },
);

nodeTest("a node that ends twice and then stays is no failure", async (engine) => {
  if (!engine.isStandIn) return;
  const { env = [] } = switchedOn("STANDIN_FAIL", "not yet", "server:0");
  await using cluster = await makeCluster(engine, {
    env: [...env, { envVar: "STANDIN_FAIL_TIMES=2", nodeFilters: ["server:0"] }],
  });
  const { RestartCount } = await inspect(`davit-${cluster.name}-server-0`);
  assertEquals(RestartCount, 2);
});

nodeTest("a cluster that is not ready in time is said to be so, and goes", async (engine) => {
  if (!engine.isStandIn) return;
  const name = uniqueName();
  const spec = switchedOn("STANDIN_NEVER_READY", "1", "server:0");
  const error = await assertRejects(
    () => makeCluster(engine, { name, ...spec, options: { k3d: { timeout: "4s" } } }),
    ClusterError,
    `Cannot make cluster "${name}": expected it to be ready ("nodes") within 4s`,
  );
  assertStringIncludes(error.message, "containerd is now running");
  assertEquals(await remainsOf(name), []);
});

nodeTest("what failed may stay, to be looked at", async (engine) => {
  if (!engine.isStandIn) return;
  const name = uniqueName();
  await using _cleanUp = cleanUp(name, engine);
  const spec = switchedOn("STANDIN_FAIL", "look at me", "server:0");
  const making = () =>
    makeCluster(engine, { name, ...spec, options: { k3d: { disableRollback: true } } });
  await assertRejects(making, ClusterError);
  assert(await exists(`davit-${name}-server-0`));
});

nodeTest("a port of the host that is taken is named, and nothing is left", async (engine) => {
  using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const name = uniqueName();
  const error = await assertRejects(
    () => makeCluster(engine, { name, ports: [{ port: `${port}:80` }] }),
    ClusterError,
  );
  assertMatch(error.message, new RegExp(`"${port}:80/tcp".*address already in use`));
  assertEquals(await remainsOf(name), []);
});

nodeTest("an image that cannot be had is a failure before anything is made", async (engine) => {
  const name = uniqueName();
  const image = "127.0.0.1:9/no/such:image";
  await assertRejects(
    () => makeCluster(engine, { name, image }),
    DockerError,
    `pull image "${image}"`,
  );
  assertEquals(await remainsOf(name), []);
});

nodeTest("a cluster that is there is not touched by another of its name", async (engine) => {
  await using cluster = await makeCluster(engine);
  const { name } = cluster;
  const before = (await inspect(`davit-${name}-server-0`)).Id;
  await assertRejects(() => makeCluster(engine, { name }), AlreadyExistsError, `cluster ${name}`);
  assertEquals((await inspect(`davit-${name}-server-0`)).Id, before);
});

nodeTest("somebody else's network of the cluster's name is not used, and stays", async (engine) => {
  const name = uniqueName();
  const network = `davit-${name}`;
  await runOk("docker", ["network", "create", network]);
  try {
    await assertRejects(() => makeCluster(engine, { name }), SpecError, "that davit did not make");
    assertEquals(await remainsOf(name), [network]);
  } finally {
    await runOk("docker", ["network", "rm", network]);
  }
});

nodeTest("a network that the user names is used, and stays", async (engine) => {
  const name = uniqueName();
  const network = `net-${name}`;
  await runOk("docker", ["network", "create", network]);
  try {
    {
      await using _cluster = await makeCluster(engine, { name, network, agents: 1 });
      const { NetworkSettings } = await inspect(`davit-${name}-agent-0`);
      assertEquals(Object.keys(NetworkSettings.Networks), [network]);
      assertEquals(NetworkSettings.Networks[network].IPAMConfig?.IPv4Address, undefined);
    }
    assertEquals(await remainsOf(name), [network]);
    const spec = { name, network, subnet: "172.29.0.0/24" };
    await assertRejects(() => makeCluster(engine, spec), SpecError, "leave --subnet out");
  } finally {
    await runOk("docker", ["network", "rm", network]);
  }
});

nodeTest(
  "in a network whose subnet the user chose nodes have addresses for good",
  async (engine) => {
    const name = uniqueName();
    const network = `net-${name}`;
    const subnet = `172.30.${Number.parseInt(name.slice(1, 3), 16)}.0/28`;
    await runOk("docker", ["network", "create", "--subnet", subnet, network]);
    try {
      {
        await using _cluster = await makeCluster(engine, { name, network, agents: 1 });
        const addresses = await Promise.all(["server-0", "agent-0"].map(async (role) => {
          const { NetworkSettings } = await inspect(`davit-${name}-${role}`);
          return NetworkSettings.Networks[network].IPAMConfig.IPv4Address;
        }));
        const prefix = subnet.replace("0/28", "");
        assertEquals(addresses, [`${prefix}14`, `${prefix}13`]);
      }
      assertEquals(await remainsOf(name), [network]);
    } finally {
      await runOk("docker", ["network", "rm", network]);
    }
  },
);

nodeTest(
  "the network of a run that was killed is taken over, and goes with the cluster",
  async (engine) => {
    const name = uniqueName();
    const label = ["--label", `davit.cluster=${name}`];
    const subnet = ["--subnet", "172.29.255.0/24"];
    await run("docker", ["network", "create", ...label, ...subnet, `davit-${name}`]);
    {
      await using _cluster = await makeCluster(engine, { name });
      const { NetworkSettings } = await inspect(`davit-${name}-server-0`);
      assertMatch(NetworkSettings.Networks[`davit-${name}`].IPAddress, /^172\.29\.255\./);
    }
    assertEquals(await remainsOf(name), []);
  },
);

Deno.test("an engine that cannot be asked is a failure by itself", async () => {
  const docker = { executable: "/nowhere/docker" };
  await assertRejects(() => createCluster({ name: "x" }, { docker }), DockerError, "in PATH");
  const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
  await assertRejects(
    () => createCluster({ name: "x" }, { docker: { env } }),
    DockerError,
    "start the engine",
  );
});
