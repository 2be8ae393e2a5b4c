/** Clusters on podman, by its service: what docker's command asks of it is what davit asks. */
import { assertEquals, assertMatch } from "@std/assert";
import { createCluster } from "../../lib/k3s/create_cluster.ts";
import { createNodes } from "../../lib/k3s/create_node.ts";
import { deleteNode } from "../../lib/k3s/node_calls.ts";
import { restoreSnapshot } from "../../lib/k3s/snapshots/restore_snapshot.ts";
import { saveSnapshot } from "../../lib/k3s/snapshots/save_snapshot.ts";
import { startCluster, stopCluster } from "../../lib/k3s/start_cluster.ts";
import { runOk } from "../support/command.ts";
import { standInImage } from "../support/node_image.ts";
import { podmanTest } from "../support/podman.ts";
import { tempDir } from "../support/temp_dir.ts";
import { importPodImage, POD_IMAGE, uniqueName } from "./cluster.ts";

podmanTest("a cluster lives on podman as it does on Docker", async (engine) => {
  await using dir = await tempDir();
  const docker = { env: { DOCKER_HOST: engine.host } };
  const image = await standInImage(engine);
  const name = uniqueName();
  const nodes = ["server-0", "agent-0"].map((role) => `davit-${name}-${role}`);
  const [server = "", agent = ""] = nodes;
  const ask = async (...args: string[]) => (await runOk("docker", args, docker)).stdout.trim();
  const addresses = () =>
    Promise.all(
      nodes.map((node) =>
        ask("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", node)
      ),
    );
  const cluster = await createCluster({ name, image, agents: 1 }, { docker });
  assertEquals(await kubernetesNodes(), [`node/${agent}`, `node/${server}`]);
  const before = await addresses();
  assertMatch(await ask("exec", agent, "cat", "/etc/hosts"), /\shost\.davit\.internal/);

  await importPodImage(name, engine);
  assertMatch(
    await ask("exec", agent, "ctr", "-n", "k8s.io", "images", "ls"),
    new RegExp(POD_IMAGE),
  );

  await stopCluster(name, { docker });
  await startCluster(name, { docker });
  assertEquals(await addresses(), before);

  const [added = ""] = await createNodes(name, {}, { docker });
  assertEquals((await kubernetesNodes()).length, 3);
  await deleteNode(added, { docker });

  await saveSnapshot(name, dir.join("saved"), { docker });
  await restoreSnapshot(dir.join("saved"), { docker, replace: true });
  assertEquals(await addresses(), before);
  assertEquals(await kubernetesNodes(), [`node/${agent}`, `node/${server}`]);

  await cluster.delete();
  assertEquals(await ask("ps", "--all", "--quiet"), "");
  assertEquals(await ask("volume", "ls", "--quiet"), "");

  async function kubernetesNodes(): Promise<readonly string[]> {
    return (await cluster.kubectl("get", "nodes", "-o", "name")).trim().split("\n").sort();
  }
});
