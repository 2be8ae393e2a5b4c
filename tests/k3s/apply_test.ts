/** Clusters that are made what their config file says, again and again. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TOKEN_PATH } from "../../lib/k3s/arrange_nodes.ts";
import { balancerImage } from "../support/balancer_image.ts";
import { runOk } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { applier } from "./applier.ts";
import { cleanUp, exists, inNode, inspect, uniqueName } from "./cluster.ts";
import { askManyTcp, freePort, serveNames } from "./named_services.ts";

/** What only looks. */
const QUESTIONS =
  /^(?:ps|inspect|info|network inspect|image inspect|exec \S+ (?:cat|kubectl get)|events)\b|^cp \S+:\S+ -$/;

nodeTest(
  "a cluster is made what its file says, and left alone when it is so",
  async (engine, t) => {
    await using dir = await tempDir();
    const name = uniqueName();
    await using _cleanUp = cleanUp(name, engine);
    const lbImage = await balancerImage(engine);
    const [port, other] = [freePort(), freePort()];
    const apply = await applier(dir, name, engine);
    const [server, one, two] = ["server-0", "agent-0", "agent-1"].map((role) =>
      `davit-${name}-${role}`
    ) as [string, string, string];
    const spec = {
      agents: 1,
      ports: [{ port: `127.0.0.1:${port}:8080` }],
      env: [{ envVar: "GREETING=hello", nodeFilters: ["server:*", "agent:*"] }],
      files: [{ source: "a: 1\nb: 2\n", destination: "/etc/note" }],
      options: {
        k3s: { nodeLabels: [{ label: "zone=a", nodeFilters: ["agent:0"] }] },
        runtime: { agentsMemory: "256m" },
        davit: { loadbalancerImage: lbImage },
      },
    };
    const id = async (node: string) => (await inspect(node)).Id;

    await t.step("one that is not there is created", async () => {
      const { stdout } = await apply(spec, ["--json"]);
      assertEquals(JSON.parse(stdout), { name, outcome: "created", changes: [] });
    });

    await t.step("again changes nothing: docker is only asked", async () => {
      const { stdout, calls } = await apply(spec);
      assertEquals(stdout, `${name} unchanged\n`);
      assertEquals(calls.filter((call) => !QUESTIONS.test(call)), []);
    });

    await t.step("a port is changed in the load balancer, and nothing else", async () => {
      const before = await Promise.all([server, one].map(id));
      const ports = [...spec.ports, { port: `127.0.0.1:${other}:8080`, nodeFilters: ["agent:0"] }];
      const { stderr } = await apply({ ...spec, ports });
      assertMatch(
        stderr,
        new RegExp(`^replace davit-${name}-serverlb: ports .*${other}:8080/tcp$`, "m"),
      );
      assertEquals(await Promise.all([server, one].map(id)), before);
      assertEquals((await apply({ ...spec, ports })).stdout, `${name} unchanged\n`);
      await apply(spec);
    });

    await t.step("an agent joins, and leaves, and the load balancer follows", async () => {
      const { stderr } = await apply({ ...spec, agents: 2 });
      assertStringIncludes(stderr, `add ${two}\n`);
      assertEquals(await inNode(two, "cat", "/etc/note"), "a: 1\nb: 2\n");
      await serveNames([server, one, two]);
      assertEquals(await askManyTcp(port), [one, two, server]);
      assertStringIncludes((await apply(spec)).stderr, `remove ${two}\n`);
      assertEquals(await exists(two), false);
      assertEquals(await askManyTcp(port), [one, server]);
    });

    await t.step("limits and labels are changed while nodes run", async () => {
      const before = await Promise.all([server, one].map(id));
      const changed = {
        ...spec,
        options: {
          ...spec.options,
          k3s: { nodeLabels: [{ label: "tier=b", nodeFilters: ["agent:0"] }] },
          davit: { ...spec.options.davit, agentsCpus: "0.5" },
        },
      };
      const { stderr } = await apply(changed);
      assertStringIncludes(stderr, `limit ${one}: processors 0.5\n`);
      assertStringIncludes(stderr, `label ${one}: tier=b zone-\n`);
      assertEquals((await inspect(one)).HostConfig.NanoCpus, 500_000_000);
      const jsonpath = "jsonpath={.metadata.labels}";
      const labels = await inNode(server, "kubectl", "get", "node", one, "-o", jsonpath);
      assertEquals(JSON.parse(labels), { tier: "b" });
      assertEquals((await apply(changed)).stdout, `${name} unchanged\n`);
      assertEquals(await Promise.all([server, one].map(id)), before);
    });

    const options = { ...spec.options, davit: { ...spec.options.davit, agentsCpus: "0.5" } };
    const anew = { ...spec, env: [{ envVar: "GREETING=ahoy", nodeFilters: ["agent:*"] }], options };

    await t.step("what takes a new container is listed, and not done", async () => {
      const before = await Promise.all([server, one].map(id));
      const { code, stdout, stderr, calls } = await apply(anew);
      assertEquals([code, stdout], [5, ""]);
      assertStringIncludes(stderr, `recreate ${one}: its variables\n`);
      assertStringIncludes(stderr, "--recreate allows it");
      assertEquals(calls.filter((call) => !QUESTIONS.test(call)), []);
      assertEquals(await Promise.all([server, one].map(id)), before);
    });

    await t.step("--dry-run tells the docker commands", async () => {
      const { stdout, calls } = await apply(anew, ["--recreate", "--dry-run"]);
      assertStringIncludes(stdout, `docker rename ${one}-next ${one}\n`);
      assertEquals(calls.filter((call) => !QUESTIONS.test(call)), []);
      const token = await inNode(server, "cat", TOKEN_PATH);
      const data = await apply({ ...anew, agents: 2 }, ["--recreate", "--dry-run", "--json"]);
      assertStringIncludes(data.stdout, TOKEN_PATH);
      assert(!data.stdout.includes(token), "the secret is in no plan");
    });

    await t.step("--recreate makes the nodes anew, with their data and addresses", async () => {
      await inNode(one, "sh", "-c", "echo kept >/var/lib/rancher/k3s/note");
      const [address, earlier] = [await addressOf(one), await id(server)];
      await apply(anew, ["--recreate"]);
      assertEquals(await inNode(one, "sh", "-c", 'echo "$GREETING"'), "ahoy\n");
      assertEquals(
        await inNode(one, "cat", "/var/lib/rancher/k3s/note", "/etc/note"),
        "kept\na: 1\nb: 2\n",
      );
      assertEquals(await addressOf(one), address);
      assert(await id(server) !== earlier, "its variables went");
      assertEquals((await apply(anew)).stdout, `${name} unchanged\n`);
    });

    await t.step("what only another cluster can be is refused", async () => {
      const { code, stderr } = await apply({ ...anew, kubeAPI: { hostPort: "1234" } }, [
        "--recreate",
      ]);
      assertEquals(code, 5);
      assertMatch(stderr, /the port of the API: "\d+" to "1234"/);
    });

    await t.step("a cluster that was stopped is started", async () => {
      await runOk("docker", ["stop", server, one]);
      const { stderr, stdout } = await apply(anew);
      assertEquals([stderr, stdout], [`start ${name}\n`, `${name} changed\n`]);
    });
  },
  { needs: ["nginx"] },
);

/** Applies a spec as a file, and tells what docker was asked to do. */
async function addressOf(node: string): Promise<string> {
  const { NetworkSettings } = await inspect(node);
  const [network] = Object.values(NetworkSettings.Networks) as { IPAddress: string }[];
  return network?.IPAddress ?? "";
}
