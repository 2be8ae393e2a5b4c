/** Clusters that are saved as they are, and made anew from that. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { topmostChanges } from "../../lib/k3s/snapshots/changed_files.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import {
  cleanUp,
  exists,
  importPodImage,
  inNode,
  inspect,
  remainsOf,
  uniqueName,
} from "./cluster.ts";

nodeTest("a cluster is saved, deleted, and made anew as it was", async (engine, t) => {
  await using dir = await tempDir();
  const name = uniqueName();
  await using _cleanUp = cleanUp(name, engine);
  const env = { KUBECONFIG: dir.join("kubeconfig"), HOME: dir.path };
  const davit = async (...args: string[]) => (await runDavitOk(args, { env })).stdout;
  const fails = async (...args: string[]) => {
    const { code, stdout, stderr } = await runDavit(args, { env });
    assertEquals(stdout, "");
    return { code, stderr };
  };
  const nodes = ["server-0", "agent-0"].map((role) => `davit-${name}-${role}`);
  const [server = "", agent = ""] = nodes;
  const saved = dir.join(`.local/share/davit/snapshots/${name}`);
  const note = "/var/lib/rancher/k3s/a note with spaces";
  const read = (node: string, path: string) => inNode(node, "cat", path);
  await Deno.writeTextFile(dir.join("motd"), "welcome\n");
  const flags = ["--agents", "1", "-v", "/tmp:/host@agent:0", "--k3s-node-label", "zone=a@agent:0"];
  await davit("cluster", "create", name, "-i", engine.image, ...flags);
  for (const node of nodes) {
    await inNode(
      node,
      "sh",
      "-c",
      `echo ${node} >"${note}"; chmod 640 "${note}"; chown 7:8 "${note}"`,
    );
    await inNode(
      node,
      "sh",
      "-c",
      "mkdir -p /etc/rancher/node; echo hi >/etc/rancher/node/password",
    );
  }
  await importPodImage(name, engine);
  const images = await inNode(agent, "ctr", "-n", "k8s.io", "images", "ls");
  const kubeconfig = await Deno.readTextFile(env.KUBECONFIG);
  const before = await Promise.all(nodes.map(describe));

  await t.step("save tells where, and the cluster runs on", async () => {
    assertEquals(await davit("cluster", "snapshot", "save", name), `${saved}\n`);
    assertEquals(await Promise.all(nodes.map(describe)), before);
    assertEquals(((await Deno.stat(saved)).mode ?? 0) & 0o777, 0o700);
    for await (const { name } of Deno.readDir(saved)) {
      assertEquals(((await Deno.stat(`${saved}/${name}`)).mode ?? 0) & 0o777, 0o600, name);
    }
    assertEquals(await names(dir.join(".local/share/davit/snapshots")), [name]);
  });

  await t.step("save again exits 4 and changes nothing, --force replaces", async () => {
    const { code } = await fails("cluster", "snapshot", "save", name);
    assertEquals(code, 4);
    const [first] = await list();
    await davit("cluster", "snapshot", "save", name, "--force");
    const [second] = await list();
    assert(second.createdAt > first.createdAt);
    assertEquals(await names(dir.join(".local/share/davit/snapshots")), [name]);
    const { code: notFound } = await fails("cluster", "snapshot", "save", "no-such");
    assertEquals(notFound, 3);
  });

  await t.step("list tells what they come to", async () => {
    const table = await davit("cluster", "snapshot", "ls");
    assertMatch(table, /^NAME\s+CLUSTER\s+NODES\s+SIZE\s+CREATED\n/);
    assertMatch(table, new RegExp(`^${name}\\s+${name}\\s+2\\s+[\\d.]+ [kM]B\\s+\\S+Z$`, "m"));
    const [{ cluster, nodes, size }] = await list();
    assertEquals([cluster, nodes], [name, 2]);
    assert(size > 1000);
  });

  await t.step("restore refuses while the cluster is there", async () => {
    await inNode(server, "sh", "-c", `echo later >"${note}"`);
    const { code } = await fails("cluster", "snapshot", "restore", name);
    assertEquals(code, 4);
    assertEquals(await read(server, note), "later\n");
  });

  await t.step("restore --replace makes all of it as it was", async () => {
    assertEquals(await davit("cluster", "snapshot", "restore", name, "--replace"), `${name}\n`);
    await expectAll();
  });

  await t.step("restore after delete does too, and is in the kubeconfig", async () => {
    await davit("cluster", "delete", name);
    assertEquals(await remainsOf(name), []);
    assertEquals(await davit("cluster", "snapshot", "restore", saved), `${name}\n`);
    await expectAll();
    assertEquals(await Deno.readTextFile(env.KUBECONFIG), kubeconfig);
    const { stdout } = await runOk("kubectl", ["get", "nodes", "-o", "name"], { env });
    assertEquals(stdout, `node/${agent}\nnode/${server}\n`);
  });

  await t.step("a snapshot of a stopped cluster leaves it stopped", async () => {
    await davit("cluster", "stop", name);
    await davit("cluster", "snapshot", "save", name, "-o", dir.join("stopped"));
    assertEquals((await inspect(server)).State.Running, false);
  });

  await t.step("a damaged one is refused before anything is deleted", async () => {
    const part = dir.join(`stopped/${agent}.volume.tar.zst`);
    await Deno.truncate(part, (await Deno.stat(part)).size - 5);
    const args = ["cluster", "snapshot", "restore", dir.join("stopped"), "--replace"];
    const { code, stderr } = await fails(...args);
    assertEquals(code, 1);
    assertStringIncludes(stderr, part);
    assert(await exists(server));
    await Deno.writeTextFile(dir.join("stopped/snapshot.json"), '{"version":2}');
    assertStringIncludes((await fails(...args)).stderr, "expected the document of one, version 1");
    assertEquals((await fails("cluster", "snapshot", "restore", "no-such")).code, 3);
  });

  await t.step("delete takes the snapshot alone", async () => {
    await Deno.writeTextFile(`${saved}/mine`, "");
    assertEquals(await davit("cluster", "snapshot", "delete", name), `${name}\n`);
    assertEquals(await names(saved), ["mine"]);
    assertEquals((await fails("cluster", "snapshot", "delete", name)).code, 3);
    assert(await exists(server));
  });

  async function list() {
    const lines = (await davit("cluster", "snapshot", "list", "--json")).trim().split("\n");
    return lines.map((line) => JSON.parse(line));
  }

  async function expectAll(): Promise<void> {
    assertEquals(await Promise.all(nodes.map(describe)), before);
    for (const node of nodes) {
      assertEquals(await read(node, note), `${node}\n`);
      assertEquals((await inNode(node, "stat", "-c", "%a %u %g", note)).trim(), "640 7 8");
      assertEquals(await read(node, "/etc/rancher/node/password"), "hi\n");
    }
    assertEquals(await inNode(agent, "ctr", "-n", "k8s.io", "images", "ls"), images);
  }
});

nodeTest("an interrupted restore leaves nothing behind", async (engine) => {
  await using dir = await tempDir();
  const name = uniqueName();
  await using _cleanUp = cleanUp(name, engine);
  const env = { KUBECONFIG: dir.join("kubeconfig"), HOME: dir.path };
  await runDavitOk(["cluster", "create", name, "-i", engine.image], { env });
  await runDavitOk(["cluster", "snapshot", "save", name, "-o", dir.join("saved")], { env });
  await runDavitOk(["cluster", "delete", name], { env });
  for (const milliseconds of [150, 500, 900]) {
    const signal = AbortSignal.timeout(milliseconds);
    const restore = ["cluster", "snapshot", "restore", dir.join("saved")];
    const { code } = await runDavit(restore, { env, signal });
    if (code === 0) continue;
    assertEquals(await remainsOf(name), []);
  }
});

Deno.test("of what changed in a container, the topmost paths are copied", () => {
  const listing = [
    "C /etc",
    "C /etc/nginx",
    "C /etc/nginx/nginx.conf",
    "A /etc/rancher",
    "A /etc/rancher/k3s",
    "A /etc/rancher/k3s/k3s.yaml",
    "C /run",
    "A /run/k3s.pid",
    "A /tmp/answer",
    "D /usr/share/gone",
    "C /usr/share",
    "A /motd",
    "A /host",
    "",
  ].join("\n");
  const paths = topmostChanges(listing, ["/host"]).map(({ kind, path }) => `${kind} ${path}`);
  assertEquals(paths, ["C /etc/nginx/nginx.conf", "A /etc/rancher", "A /motd"]);
});

/** What must be the same in a node that was made anew. */
async function describe(node: string): Promise<unknown> {
  const { Config, HostConfig, NetworkSettings, Mounts } = await inspect(node);
  const [[network, { IPAddress: address = "" } = {}] = []] = Object.entries<{ IPAddress?: string }>(
    NetworkSettings.Networks,
  );
  const mounts = Mounts.filter(({ Name = "" }) => !/^[0-9a-f]{64}$/.test(Name))
    .map(({ Source, Destination }: { Source: string; Destination: string }) =>
      `${Source} ${Destination}`
    )
    .sort();
  const { Hostname, Env, Cmd, Labels, Image } = Config;
  const { PortBindings, Privileged, ExtraHosts } = HostConfig;
  return [
    [network, address, mounts],
    [Hostname, Env.toSorted(), Cmd, Labels, Image], // docker run gives the environment in any order
    [PortBindings, Privileged, ExtraHosts],
  ];
}

async function names(directory: string): Promise<readonly string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
}
