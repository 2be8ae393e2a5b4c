/** Clusters that live on when the whole engine stops and starts. */
import { assertEquals, assertMatch } from "@std/assert";
import { createCluster } from "../../lib/k3s/create_cluster.ts";
import { startCluster } from "../../lib/k3s/start_cluster.ts";
import { balancerImage } from "../support/balancer_image.ts";
import { runOk } from "../support/command.ts";
import type { Engine } from "../support/engine.ts";
import { kubernetesEngineTest } from "../support/kubernetes_image.ts";
import { standInImage } from "../support/node_image.ts";
import { ownEngineTest } from "../support/own_engine.ts";
import { eventually, importPodImage, POD_IMAGE, uniqueName } from "./cluster.ts";

ownEngineTest("three servers and two agents are there after the engine was", async (engine) => {
  const docker = { env: { DOCKER_HOST: engine.host } };
  const name = uniqueName();
  const cluster = await createCluster({
    name,
    image: await standInImage(engine),
    servers: 3,
    agents: 2,
    options: { davit: { loadbalancerImage: await balancerImage(engine) } },
  }, { docker });
  const nodes = ["server-0", "server-1", "server-2", "agent-0", "agent-1", "serverlb"]
    .map((role) => `davit-${name}-${role}`);
  const note = "/var/lib/rancher/k3s/note";
  for (const node of nodes.slice(0, 5)) await inNode(engine, node, `echo ${node} >${note}`);
  const before = await addressesOf(engine, nodes);

  await engine.restart();
  await startCluster(name, { docker });

  assertEquals(await addressesOf(engine, nodes), before);
  for (const node of nodes.slice(0, 5)) {
    assertEquals(await inNode(engine, node, `cat ${note}`), `${node}\n`);
    assertMatch(await inNode(engine, node, "cat /etc/hosts"), /\shost\.davit\.internal$/m);
  }
  const listed = await cluster.kubectl("get", "nodes", "-o", "name");
  assertEquals(listed.trim().split("\n").sort(), nodes.slice(0, 5).map((n) => `node/${n}`).sort());
});

kubernetesEngineTest("real Kubernetes keeps objects, pods and addresses", async (engine) => {
  const docker = { env: { DOCKER_HOST: engine.host } };
  const name = uniqueName();
  const cluster = await createCluster({ name, image: engine.image, agents: 1 }, { docker });
  const nodes = ["server-0", "agent-0"].map((role) => `davit-${name}-${role}`);
  await cluster.kubectl("create", "configmap", "kept", "--from-literal=word=plum");
  await importPodImage(name, engine);
  for (const node of nodes) {
    const overrides = JSON.stringify({ apiVersion: "v1", spec: { nodeName: node } });
    const flags = [`--image=${POD_IMAGE}`, "--image-pull-policy=Never", `--overrides=${overrides}`];
    await cluster.kubectl("run", `on-${node}`, ...flags);
  }
  await cluster.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=3m");
  const before = await addressesOf(engine, nodes);
  const uids = await cluster.kubectl("get", "pods", "-o", "jsonpath={.items[*].metadata.uid}");

  await engine.restart();
  await startCluster(name, { docker });

  assertEquals(await addressesOf(engine, nodes), before);
  const word = await cluster.kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.word}");
  assertEquals(word, "plum");
  await cluster.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=3m");
  assertEquals(
    await cluster.kubectl("get", "pods", "-o", "jsonpath={.items[*].metadata.uid}"),
    uids,
  );
  for (const node of nodes) {
    await eventually(async () => {
      assertEquals(await cluster.kubectl("exec", `on-${node}`, "--", "echo", "here"), "here\n");
    });
  }
});

async function inNode({ host }: Engine, node: string, script: string): Promise<string> {
  const env = { DOCKER_HOST: host };
  return (await runOk("docker", ["exec", node, "sh", "-c", script], { env })).stdout;
}

async function addressesOf({ host }: Engine, nodes: readonly string[]): Promise<string[]> {
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  const env = { DOCKER_HOST: host };
  const { stdout } = await runOk("docker", ["inspect", "--format", format, ...nodes], { env });
  return stdout.trim().split("\n");
}
