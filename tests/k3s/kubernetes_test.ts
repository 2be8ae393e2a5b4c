/** What only a real API server and kubelet can show. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createDockerArchive } from "../../lib/archive/docker_archive.ts";
import { copy } from "../../lib/store/copy.ts";
import { runDavitOk } from "../support/cli.ts";
import { runOk } from "../support/command.ts";
import { kubernetesTest } from "../support/kubernetes_image.ts";
import { podImage } from "../support/pod_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { cleanUp, eventually, inspect, uniqueName } from "./cluster.ts";

kubernetesTest("a server and an agent with real Kubernetes", async (engine, t) => {
  await using dir = await tempDir();
  const name = uniqueName();
  await using _cleanUp = cleanUp(name, engine);
  const env = { KUBECONFIG: dir.join("kubeconfig"), HOME: dir.path };
  const davit = async (...args: string[]) => (await runDavitOk(args, { env })).stdout;
  const kubectl = async (...args: string[]) => (await runOk("kubectl", args, { env })).stdout;
  const nodes = ["server-0", "agent-0"].map((role) => `davit-${name}-${role}`);
  const [server = "", agent = ""] = nodes;
  const addresses = () => Promise.all(nodes.map(addressOf));
  const readyNodes = async () => {
    const lines = (await kubectl("get", "nodes", "--no-headers")).trim().split("\n");
    return lines.filter((line) => /\sReady\s/.test(line)).map((line) => line.split(/\s/)[0]);
  };

  await t.step("kubectl lists its nodes by the kubeconfig that was written, Ready", async () => {
    await davit("cluster", "create", name, "-i", engine.image, "--agents", "1", "--timeout", "5m");
    assertEquals((await readyNodes()).sort(), [agent, server]);
  });

  await t.step("pods run an image that was imported, on every node, and no other", async () => {
    await using archive = await createDockerArchive(dir.join("app.tar"));
    const image = await podImage([{ path: "greeting", content: "hello from davit\n" }]);
    await copy(image, archive, { names: ["registry.example/app:v1"] });
    await archive.commit();
    await davit("image", "import", dir.join("app.tar"), "-c", name);
    for (const node of nodes) await apply(pod(`on-${node}`, node));
    await kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=3m");
    for (const node of nodes) {
      assertEquals(
        await kubectl("exec", `on-${node}`, "--", "cat", "/greeting"),
        "hello from davit\n",
      );
    }
    assertEquals(await kubectl("logs", `on-${server}`), "");
  });

  await t.step("stop and start keep objects, pods and addresses", async () => {
    await kubectl("create", "configmap", "kept", "--from-literal=word=plum");
    const before = await addresses();
    await davit("cluster", "stop", name);
    await davit("cluster", "start", name);
    assertEquals(await addresses(), before);
    await expectEverything();
  });

  await t.step("containers that the engine restarts by itself do so too", async () => {
    const before = await addresses();
    await runOk("docker", ["restart", "-t", "0", ...nodes]);
    await davit("cluster", "start", name);
    assertEquals(await addresses(), before);
    await expectEverything();
    for (const node of nodes) {
      const { stdout } = await runOk("docker", ["exec", node, "cat", "/etc/hosts"]);
      assertMatch(stdout, /\shost\.davit\.internal$/m);
    }
  });

  await t.step("a snapshot brings back objects, pods and images", async () => {
    const before = await addresses();
    await davit("cluster", "snapshot", "save", name, "-o", dir.join("saved"));
    await expectEverything();
    await kubectl("delete", "configmap", "kept");
    await kubectl("delete", "pod", "--all", "--wait=false");
    await davit("cluster", "snapshot", "restore", dir.join("saved"), "--replace");
    assertEquals(await addresses(), before);
    await expectEverything();
  });

  await t.step(
    "a node that joins is Ready when it was told, and is forgotten when it leaves",
    async () => {
      const added = (await davit("node", "create", "-c", name)).trim();
      assertEquals(added, `davit-${name}-agent-1`);
      assert((await readyNodes()).includes(added));
      await davit("node", "delete", added);
      assertEquals(await kubectl("get", "node", added, "--ignore-not-found"), "");
      assertEquals((await readyNodes()).sort(), [agent, server]);
    },
  );

  async function apply(object: unknown): Promise<void> {
    await runOk("kubectl", ["apply", "-f", "-"], { env, stdin: JSON.stringify(object) });
  }

  /** The ConfigMap is there, and each pod runs again in the node that it was in. */
  async function expectEverything(): Promise<void> {
    assertEquals((await readyNodes()).sort(), [agent, server]);
    assertEquals(await kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.word}"), "plum");
    for (const node of nodes) {
      await eventually(async () => {
        const said = await kubectl("exec", `on-${node}`, "--", "cat", "/greeting");
        assertEquals(said, "hello from davit\n");
      });
    }
  }
});

function pod(name: string, nodeName: string): unknown {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      nodeName,
      containers: [{ name: "app", image: "registry.example/app:v1", imagePullPolicy: "Never" }],
    },
  };
}

async function addressOf(node: string): Promise<string> {
  const { NetworkSettings } = await inspect(node);
  const [network] = Object.values(NetworkSettings.Networks) as { IPAddress: string }[];
  return network?.IPAddress ?? "";
}
