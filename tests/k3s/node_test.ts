/** Nodes that come to a cluster, and leave it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { nodeTest } from "../support/node_image.ts";
import { exists, inNode, inspect, makeCluster, remainsOf } from "./cluster.ts";

nodeTest("agents join a cluster, stop, start and leave it", async (engine, t) => {
  await using cluster = await makeCluster(engine, {
    env: [{ envVar: "GREETING=hello", nodeFilters: ["server:0"] }],
  });
  const { name } = cluster;
  const [server, first, second] = ["server-0", "agent-0", "agent-1"].map((role) =>
    `davit-${name}-${role}`
  ) as [string, string, string];
  const davit = async (...args: string[]) => (await runDavitOk(args)).stdout;
  const kubernetesNodes = async () =>
    (await cluster.kubectl("get", "nodes", "-o", "name")).trim().split("\n");

  await t.step("two at once, like the first server, with labels of their own", async () => {
    const flags = ["--replicas", "2", "--k3s-node-label", "zone=b", "--runtime-label", "team=x"];
    assertEquals(await davit("node", "create", "-c", name, ...flags), `${first}\n${second}\n`);
    assertEquals(await kubernetesNodes(), [first, second, server].map((node) => `node/${node}`));
    const { Config, NetworkSettings } = await inspect(second);
    assertEquals(Config.Labels.team, "x");
    assertEquals(Config.Cmd, ["agent", "--node-label", "zone=b"]);
    assertMatch(NetworkSettings.Networks[`davit-${name}`].IPAMConfig.IPv4Address, /\.4$/);
    assertEquals(await inNode(second, "sh", "-c", 'printf %s "$GREETING"'), "hello");
  });

  await t.step("they are listed, stopped and started", async () => {
    const table = (await davit("node", "list", server, first)).split("\n");
    assertMatch(table[0] ?? "", /^NAME\s+ROLE\s+CLUSTER\s+STATUS$/);
    assertMatch(table[1] ?? "", new RegExp(`^${server}\\s+server\\s+${name}\\s+running$`));
    assertEquals(await davit("node", "stop", first), `${first}\n`);
    assertEquals(JSON.parse(await davit("node", "list", first, "--json")).state, "exited");
    assertEquals(await davit("node", "start", first), `${first}\n`);
    assertEquals(JSON.parse(await davit("node", "ls", first, "--json")).state, "running");
    assertEquals((await runDavit(["node", "stop", "no-such"])).code, 3);
  });

  await t.step("one leaves: Kubernetes forgets it, and nothing of it stays", async () => {
    assertEquals(await davit("node", "delete", first), `${first}\n`);
    assertEquals(await kubernetesNodes(), [second, server].map((node) => `node/${node}`));
    assertEquals((await remainsOf(name)).filter((thing) => thing.startsWith(first)), []);
    await davit("cluster", "restart", name);
  });

  await t.step("the next one gets the next number", async () => {
    assertEquals(await davit("node", "create", "-c", name), `davit-${name}-agent-2\n`);
  });

  await t.step("the first server cannot leave", async () => {
    const { code, stderr } = await runDavit(["node", "delete", server]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "the other nodes join through it");
  });

  await t.step("an agent that fails leaves nothing behind", async () => {
    const flags = ["--k3s-arg", "--no-such-flag=1"];
    const { code, stderr } = await runDavit(["node", "create", "-c", name, ...flags]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "no-such-flag");
    assertEquals(await exists(`davit-${name}-agent-3`), false);
    assertEquals(await exists(second), true);
  });
});

nodeTest("servers join a cluster that began with etcd, and leave it", async (engine, t) => {
  const init = { arg: "--cluster-init", nodeFilters: ["server:0"] };
  await using cluster = await makeCluster(engine, { options: { k3s: { extraArgs: [init] } } });
  const { name } = cluster;
  const [first, second] = ["server-0", "server-1"].map((role) => `davit-${name}-${role}`) as [
    string,
    string,
  ];
  const nodes = async () =>
    (await cluster.kubectl("get", "nodes", "-o", "name")).trim().split("\n");

  await t.step("like the first one, but for what began the cluster", async () => {
    const args = ["node", "create", "-c", name, "--role", "server"];
    assertEquals((await runDavitOk(args)).stdout, `${second}\n`);
    assertEquals(await nodes(), [`node/${first}`, `node/${second}`]);
    const { Config } = await inspect(second);
    assertEquals(Config.Cmd, ["server"]);
    assertEquals(Config.Env.includes(`K3S_URL=https://${first}:6443`), true);
  });

  await t.step("names of the user's own are numbered on", async () => {
    const prefix = `${name}-gpu`;
    const create = ["node", "create", prefix, "-c", name];
    const made = [0, 1, 2].map((number) => `davit-${prefix}-${number}`);
    assertEquals((await runDavitOk(create)).stdout, `${made[0]}\n`);
    const { stdout } = await runDavitOk([...create, "--replicas", "2"]);
    assertEquals(stdout, `${made[1]}\n${made[2]}\n`);
    assertEquals((await nodes()).length, 5);
    await runDavitOk(["node", "delete", ...made]);
  });

  await t.step("a server leaves, and Kubernetes has forgotten it by then", async () => {
    await runDavitOk(["node", "delete", second]);
    assertEquals(await nodes(), [`node/${first}`]);
    await runDavitOk(["cluster", "restart", name]);
  });
});

nodeTest("a server that keeps its state to itself takes no other", async (engine) => {
  await using cluster = await makeCluster(engine);
  const args = ["node", "create", "-c", cluster.name, "--role", "server"];
  const { code, stderr } = await runDavit(args);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "keeps the state in SQLite");
  assertStringIncludes(stderr, "--servers 3");
  const { stdout } = await runDavitOk(["node", "create", "-c", cluster.name, "--dry-run"]);
  assertStringIncludes(stdout, `docker start davit-${cluster.name}-agent-0`);
});
