/** Clusters that stop, start, and are asked about: by the command, on a real engine. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { run, runOk } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { cleanUp, inNode, inspect, remainsOf, uniqueName } from "./cluster.ts";

nodeTest("the life of a cluster, by the command", async (engine, t) => {
  await using dir = await tempDir();
  const name = uniqueName();
  await using _cleanUp = cleanUp(name, engine);
  const kubeconfig = dir.join("kubeconfig");
  const env = { KUBECONFIG: kubeconfig, HOME: dir.path };
  const davit = async (...args: string[]) => (await runDavitOk(args, { env })).stdout;
  const [server, agent] = [`davit-${name}-server-0`, `davit-${name}-agent-0`];
  const create = ["cluster", "create", name, "-i", engine.image, "-a", "1"];

  await t.step("create prints its name, and kubectl reaches it at once", async () => {
    const args = ["--k3s-arg", "--disable=traefik@server:*", "--wait"];
    assertEquals(await davit(...create, ...args), `${name}\n`);
    const { stdout } = await runOk("kubectl", ["get", "nodes", "-o", "name"], { env });
    assertEquals(stdout, `node/${agent}\nnode/${server}\n`);
  });

  await t.step("create again exits 4, or is content with --if-not-exists", async () => {
    const again = await runDavit(create, { env });
    assertEquals([again.code, again.stdout], [4, ""]);
    assertStringIncludes(again.stderr, `cluster ${name}`);
    const content = await runDavitOk([...create, "--if-not-exists"], { env });
    assertEquals(content.stdout, "");
  });

  await t.step("list counts what runs, as a table or as JSON", async () => {
    const table = await davit("cluster", "list", name);
    assertMatch(table, /^NAME\s+SERVERS\s+AGENTS\s+LOADBALANCER\n/);
    assertMatch(table, new RegExp(`^${name}\\s+1/1\\s+1/1\\s+false$`, "m"));
    const [described] = JSON.parse(await davit("cluster", "ls", name, "-o", "json"));
    assertEquals(described.nodes.map((node: { role: string }) => node.role), ["server", "agent"]);
    const line = JSON.parse(await davit("cluster", "list", name, "--json"));
    assertEquals(line, described);
    assertEquals((await runDavit(["cluster", "list", "no-such"], { env })).code, 3);
  });

  await t.step("stop and start keep data and addresses, and the names of the host", async () => {
    await runOk("docker", ["exec", server, "sh", "-c", "echo kept >/var/lib/rancher/k3s/note"]);
    const before = await Promise.all([server, agent].map(addressOf));
    assertEquals(await davit("cluster", "stop", name), `${name}\n`);
    assertMatch(await davit("cluster", "list", name), /\b0\/1\s+0\/1\b/);
    assertEquals(await davit("cluster", "stop", name), `${name}\n`);
    assertEquals(await davit("cluster", "start", name), `${name}\n`);
    assertEquals(await Promise.all([server, agent].map(addressOf)), before);
    assertEquals(await inNode(server, "cat", "/var/lib/rancher/k3s/note"), "kept\n");
    for (const node of [server, agent]) {
      assertMatch(await inNode(node, "cat", "/etc/hosts"), /\shost\.k3d\.internal$/m);
    }
    const { stdout } = await runOk("kubectl", ["get", "nodes", "-o", "name"], { env });
    assertEquals(stdout, `node/${agent}\nnode/${server}\n`);
  });

  await t.step("start of what runs changes nothing, restart starts it anew", async () => {
    const started = async () => (await inspect(server)).State.StartedAt;
    const before = await started();
    await davit("cluster", "start", name);
    assertEquals(await started(), before);
    await davit("cluster", "restart", name);
    assert(await started() !== before);
  });

  await t.step("a kubeconfig is printed, and written to a file of its own", async () => {
    const printed = await davit("kubeconfig", "get", name);
    assertMatch(printed, /^---\napiVersion: v1\n/);
    const path = (await davit("kubeconfig", "merge", name)).trim();
    assertEquals(path, dir.join(`.config/davit/kubeconfig-${name}.yaml`));
    assertStringIncludes(await Deno.readTextFile(path), `current-context: davit-${name}`);
    assertEquals((await davit("kubeconfig", "merge", name, "-d")).trim(), kubeconfig);
  });

  await t.step("a first server that is missing is named by start", async () => {
    await davit("cluster", "stop", name);
    await runOk("docker", ["rm", "-f", server]);
    const { code, stderr } = await runDavit(["cluster", "start", name], { env });
    assertEquals(code, 1);
    assertStringIncludes(stderr, `Cannot use cluster "${name}": expected server 0`);
  });

  await t.step("delete takes all of it, half gone as it is, and its kubeconfigs", async () => {
    assertEquals(await davit("cluster", "delete", name), `${name}\n`);
    assertEquals(await remainsOf(name), []);
    assert(!(await Deno.readTextFile(kubeconfig)).includes(name));
    assertEquals(await Array.fromAsync(Deno.readDir(dir.join(".config/davit"))), []);
    const again = await runDavitOk(["cluster", "delete", name], { env });
    assertEquals([again.stdout, again.stderr], ["", `There is no cluster "${name}"\n`]);
  });
});

nodeTest("a failure tells the last words of the node, on standard error", async (engine) => {
  if (!engine.isStandIn) return;
  const name = uniqueName();
  await using _cleanUp = cleanUp(name, engine);
  const args = ["cluster", "create", name, "-i", engine.image, "-e", "STANDIN_FAIL=no luck"];
  const { code, stdout, stderr } = await runDavit(args);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, `The last words of "davit-${name}-server-0":\n`);
  assertMatch(stderr, /^ {2}time=.* level=fatal msg="starting kubernetes: no luck"$/m);
  assertMatch(stderr, /^davit: Cannot start node .*it ended 3 times, with exit code 1/m);
});

nodeTest("a config file from standard input makes a cluster, flags win over it", async (engine) => {
  const name = uniqueName();
  await using _cleanUp = cleanUp(name, engine);
  await using dir = await tempDir();
  const env = { KUBECONFIG: dir.join("kubeconfig"), NODE_IMAGE: engine.image };
  const stdin = `apiVersion: k3d.io/v1alpha5
kind: Simple
metadata: { name: other }
image: $NODE_IMAGE
agents: 1
options:
  kubeconfig: { updateDefaultKubeconfig: false }
`;
  const args = ["cluster", "create", name, "--config", "-", "--agents=0", "--wait=api"];
  assertEquals((await runDavitOk(args, { stdin, env })).stdout, `${name}\n`);
  assertEquals((await run("docker", ["inspect", `davit-${name}-agent-0`])).code, 1);
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

async function addressOf(node: string): Promise<string> {
  const { NetworkSettings } = await inspect(node);
  const [network] = Object.values(NetworkSettings.Networks) as { IPAddress: string }[];
  return network?.IPAddress ?? "";
}
