/** Registries in containers, and clusters that are made with them, on a real engine. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { AlreadyExistsError, NotFoundError } from "../../lib/errors.ts";
import { createCluster } from "../../lib/k3s/create_cluster.ts";
import { deleteCluster } from "../../lib/k3s/delete_cluster.ts";
import { listRegistries } from "../../lib/k3s/registries/list_registries.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { run, runOk } from "../support/command.ts";
import { nodeTest } from "../support/node_image.ts";
import { registryImage } from "../support/registry_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { cleanUp, inNode, inspect, makeCluster, remainsOf, uniqueName } from "./cluster.ts";
import { cleanUpRegistry, hostAddress, makeRegistry, pullIn, push } from "./registries.ts";

nodeTest("davit's own registry in a container", async (engine, t) => {
  await using registry = await makeRegistry(engine);
  const { name, hostPort } = registry;

  await t.step("takes pushes and gives them back, and keeps them over a stop", async () => {
    const digest = await push(`127.0.0.1:${hostPort}/app:v1`, "one");
    await runDavitOk(["registry", "stop", name]);
    assertEquals((await inspect(name)).State.Status, "exited");
    await runDavitOk(["registry", "start", name]);
    const { stdout } = await runDavitOk(["digest", `127.0.0.1:${hostPort}/app:v1`]);
    assertEquals(stdout.trim(), digest);
  });

  await t.step(
    "needs no privileges, listens on this machine alone, and nothing was pulled",
    async () => {
      const { HostConfig, Config, NetworkSettings } = await inspect(name);
      assertEquals([HostConfig.Privileged, HostConfig.CapAdd ?? null], [false, null]);
      assertEquals(HostConfig.RestartPolicy.Name, "unless-stopped");
      assertMatch(Config.Image, /^localhost\/davit-registry:[0-9a-f]{16}$/);
      assertEquals(NetworkSettings.Ports["5000/tcp"], [
        { HostIp: "127.0.0.1", HostPort: String(hostPort) },
      ]);
    },
  );

  await t.step("ends in order, at once", async () => {
    await runOk("docker", ["stop", name]);
    assertEquals((await inspect(name)).State.ExitCode, 0);
  });

  await t.step("is listed, and goes without a trace", async () => {
    const { stdout } = await runDavitOk(["registry", "list", "--json", name]);
    assertEquals(JSON.parse(stdout), {
      ...{ name, role: "registry", clusters: [], state: "exited", host: `localhost:${hostPort}` },
    });
    await runDavitOk(["registry", "delete", name.replace("davit-", "")]);
    assertEquals(await remainsOf(name), []);
  });
});

nodeTest("a registry of an image that starts as registry:2 does", async (engine) => {
  await using registry = await makeRegistry(engine, {
    image: await registryImage(engine),
    deleteEnabled: true,
    enforcePortMatch: true,
  });
  const { name, hostPort, port } = registry;
  assertEquals(port, hostPort);
  const address = `127.0.0.1:${hostPort}`;
  const digest = await push(`${address}/app:v1`, "one");
  await runDavitOk(["delete", `${address}/app@${digest}`]);
  assertEquals((await runDavit(["digest", `${address}/app@${digest}`])).code, 3);
  assertEquals((await inspect(name)).Config.Image, registry.image);
}, { needs: ["docker-registry"] });

nodeTest(
  "case 81: a registry is made with a cluster, and images run as they were pushed",
  async (engine, t) => {
    const name = uniqueName();
    await using cluster = await makeCluster(engine, {
      name,
      agents: 1,
      registries: { create: [{}] },
    });
    const registry = `davit-${name}-registry`;
    const nodes = [`davit-${name}-server-0`, `davit-${name}-agent-0`];
    const [info] = (await listRegistries()).filter((each) => each.name === registry);
    const hostPort = info?.registry?.hostPort ?? 0;

    await t.step("the nodes know it by its name and as users reach it", async () => {
      const names = [
        ...[`${registry}:5000`, `${registry}:${hostPort}`],
        ...[`localhost:${hostPort}`, `127.0.0.1:${hostPort}`],
      ];
      const expected = [
        "mirrors:",
        ...names.flatMap((each) => [
          `  ${each}:`,
          "    endpoint:",
          `      - http://${registry}:5000`,
        ]),
      ];
      for (const node of nodes) {
        const text = await inNode(node, "cat", "/etc/rancher/k3s/registries.yaml");
        assertEquals(text.trim().split("\n"), expected);
      }
    });

    await t.step("every name leads to what was pushed", async () => {
      const digest = await push(`127.0.0.1:${hostPort}/app:v1`, "one");
      for (const node of nodes) {
        for (
          const host of [`localhost:${hostPort}`, `${registry}:${hostPort}`, `${registry}:5000`]
        ) {
          assertEquals(await pullIn(node, `${host}/app:v1`), digest);
        }
      }
    });

    await t.step("Kubernetes is told where it is (KEP-1755)", async () => {
      const manifest = "/var/lib/rancher/k3s/server/manifests/davit-registry.yaml";
      const text = await inNode(nodes[0] ?? "", "cat", manifest);
      const { NetworkSettings } = await inspect(registry);
      const ip = NetworkSettings.Networks[`davit-${name}`].IPAddress;
      assertStringIncludes(text, "name: local-registry-hosting\n  namespace: kube-public\n");
      assertStringIncludes(
        text,
        `    host: "localhost:${hostPort}"
    hostFromContainerRuntime: "${registry}:5000"
    hostFromClusterNetwork: "${ip}:5000"
`,
      );
    });

    await t.step("it keeps its address over a stop of all, and pulls go on", async () => {
      const before = (await inspect(registry)).NetworkSettings.Networks[`davit-${name}`].IPAddress;
      await runDavitOk(["cluster", "stop", name]);
      await runOk("docker", ["stop", registry]);
      await runDavitOk(["cluster", "start", name]);
      const after = (await inspect(registry)).NetworkSettings.Networks[`davit-${name}`].IPAddress;
      assertEquals(after, before);
      const digest = await push(`127.0.0.1:${hostPort}/app:v1`, "two");
      assertEquals(await pullIn(nodes[1] ?? "", `localhost:${hostPort}/app:v1`), digest);
    });

    await t.step("it goes with the cluster", async () => {
      await cluster.delete();
      assertEquals(await remainsOf(name), []);
    });
  },
);

nodeTest(
  "case 52: a cluster keeps what is not its own, and what another cluster uses",
  async (engine) => {
    await using registry = await makeRegistry(engine);
    const [one, two] = [uniqueName(), uniqueName()];
    await using _one = cleanUp(one, engine);
    await using _two = cleanUp(two, engine);
    await makeCluster(engine, {
      name: one,
      registries: { create: [{}], use: [registry.name.replace("davit-", "")] },
    });
    const own = `davit-${one}-registry`;
    await makeCluster(engine, { name: two, registries: { use: [registry.name, own] } });
    const { clusters = [] } = (await listRegistries()).find(({ name }) => name === own) ?? {};
    assertEquals(clusters, [one, two].sort());
    const { hostPort } = registry;
    const digest = await push(`127.0.0.1:${hostPort}/app:v1`, "one");
    for (const cluster of [one, two]) {
      assertEquals(
        await pullIn(`davit-${cluster}-server-0`, `localhost:${hostPort}/app:v1`),
        digest,
      );
    }
    await runDavitOk(["cluster", "stop", one]);
    assertEquals((await inspect(own)).State.Status, "running");
    await deleteCluster(one);
    assertEquals(await remainsOf(one), [own, own]);
    await deleteCluster(two);
    assertEquals(await remainsOf(two), []);
    assertEquals((await inspect(registry.name)).State.Status, "running");
    await runDavitOk(["registry", "delete", own]);
  },
);

nodeTest(
  "case 83: a pull-through registry is the mirror of what it fetches from",
  async (engine) => {
    await using upstream = await makeRegistry(engine, { host: "0.0.0.0" });
    const digest = await push(`127.0.0.1:${upstream.hostPort}/app:v1`, "from upstream");
    const { IPAM } =
      JSON.parse((await runOk("docker", ["network", "inspect", "bridge"])).stdout)[0];
    const origin = `${IPAM.Config[0].Gateway ?? "172.17.0.1"}:${upstream.hostPort}`;
    await using cluster = await makeCluster(engine, {
      registries: {
        create: [
          { name: uniqueName(), proxy: { remoteURL: "https://registry-1.docker.io" } },
          { name: uniqueName(), proxy: { remoteURL: `http://${origin}` } },
        ],
      },
    });
    const server = `davit-${cluster.name}-server-0`;
    const mirrors = await inNode(server, "cat", "/etc/rancher/k3s/registries.yaml");
    assertMatch(mirrors, /^ {2}docker\.io:\n {4}endpoint:\n {6}- http:\/\/davit-\S+:5000$/m);
    assertEquals(await pullIn(server, `${origin}/app:v1`), digest);
    await runOk("docker", ["stop", upstream.name]);
    await inNode(server, "ctr", "images", "rm", "--sync", `${origin}/app:v1`);
    assertEquals(await pullIn(server, `${origin}/app:v1`), digest);
  },
);

nodeTest(
  "case 83: so is one of another image, and its password is told nowhere",
  async (engine) => {
    await using upstream = await makeRegistry(engine, { host: "0.0.0.0" });
    const digest = await push(`127.0.0.1:${upstream.hostPort}/app:v1`, "from upstream");
    await using registry = await makeRegistry(engine, {
      image: await registryImage(engine),
      proxy: {
        remoteURL: `http://${await hostAddress()}:${upstream.hostPort}`,
        ...{ username: "ann", password: "very-secret" },
      },
    });
    const { name, hostPort } = registry;
    const { stdout } = await runDavitOk(["digest", `127.0.0.1:${hostPort}/app:v1`]);
    assertEquals(stdout.trim(), digest);
    const settings = await inNode(name, "cat", "/etc/davit/registry.yml");
    assertStringIncludes(settings, '"password": "very-secret"');
    assertEquals((await inNode(name, "stat", "-c", "%a", "/etc/davit/registry.yml")).trim(), "600");
    const logs = await runOk("docker", ["logs", name]);
    const told = JSON.stringify([await inspect(name), logs, await inNode(name, "ps")]);
    assert(!told.includes("very-secret"));
  },
  { needs: ["docker-registry"] },
);

nodeTest(
  "what a registry is good for is told: one before another takes no pushes",
  async (engine) => {
    const names = [uniqueName(), uniqueName()] as const;
    await using _own = cleanUpRegistry(names[0], engine);
    await using _cache = cleanUpRegistry(names[1], engine);
    const own = await runDavitOk(["registry", "create", names[0]]);
    assertMatch(own.stderr, /^Push to it as localhost:\d+\/IMAGE/m);
    const upstream = "https://registry-1.docker.io";
    const args = ["registry", "create", names[1], "--proxy-remote-url", upstream];
    const cache = await runDavitOk(args);
    assertMatch(cache.stderr, /^Images of https:\/\/registry-1\.docker\.io come through it/m);
    assert(!cache.stderr.includes("push"));
  },
);

nodeTest("case 87: names that are taken, and registries that are not there", async (engine) => {
  await using registry = await makeRegistry(engine);
  const again = await runDavit(["registry", "create", registry.name]);
  assertEquals(again.code, 4);
  assertStringIncludes(again.stderr, `registry ${registry.name}`);
  const name = uniqueName();
  await using _rest = cleanUp(name, engine);
  await assertRejects(
    () => createCluster({ name, registries: { create: [{ name: registry.name }] } }),
    AlreadyExistsError,
    registry.name,
  );
  await assertRejects(
    () => createCluster({ name, registries: { use: ["nowhere:5000"] } }),
    NotFoundError,
    'Cannot find registry "nowhere" in the engine',
  );
  for (const verb of ["delete", "start", "stop", "list"]) {
    assertEquals((await runDavit(["registry", verb, "nowhere"])).code, 3);
  }
  assertEquals(await remainsOf(name), []);
});

nodeTest("a cluster that fails leaves no registry, and others as they were", async (engine) => {
  if (!engine.isStandIn) return;
  await using registry = await makeRegistry(engine);
  const name = uniqueName();
  await using _rest = cleanUp(name, engine);
  await assertRejects(() =>
    makeCluster(engine, {
      name,
      registries: { create: [{}], use: [registry.name] },
      env: [{ envVar: "STANDIN_FAIL=no reason" }],
    })
  );
  assertEquals(await remainsOf(name), []);
  const { NetworkSettings, State } = await inspect(registry.name);
  assertEquals([Object.keys(NetworkSettings.Networks), State.Status], [["bridge"], "running"]);
});

nodeTest("a port that is taken is told, and leaves nothing", async (engine) => {
  await using registry = await makeRegistry(engine);
  const name = uniqueName();
  const result = await runDavit(["registry", "create", name, "-p", String(registry.hostPort)]);
  assertEquals(result.code, 1);
  assertStringIncludes(result.stderr, `${registry.hostPort}`);
  assertEquals(await remainsOf(name), []);
  assertEquals((await run("docker", ["inspect", `davit-${name}`])).code, 1);
});

nodeTest("case 84: a registries.yaml of the user's keeps all that it says", async (engine) => {
  await using dir = await tempDir();
  const own = `# ours
mirrors:
  mirror.example:
    endpoint:
      - https://mirror.example
    rewrite:
      "^(.*)$": mirrored/$1
configs:
  mirror.example:
    auth: { username: ann }
unheardOf: { of: [ 1, 2 ] }
`;
  await Deno.writeTextFile(dir.join("registries.yaml"), own);
  const name = uniqueName();
  await using _rest = cleanUp(name, engine);
  await runDavitOk([
    ...["cluster", "create", name, "--image", engine.image, "--wait=api"],
    ...["--registry-config", dir.join("registries.yaml"), "--registry-create", `${name}:random`],
  ], { env: { KUBECONFIG: dir.join("kubeconfig") } });
  const text = await inNode(`davit-${name}-server-0`, "cat", "/etc/rancher/k3s/registries.yaml");
  const [before = "", after = ""] = own.split("configs:");
  assert(text.startsWith(before), text);
  assertStringIncludes(
    text,
    `  davit-${name}:5000:\n    endpoint:\n      - http://davit-${name}:5000\n`,
  );
  assertStringIncludes(
    text.replaceAll(/\s+/g, " "),
    `configs:${after}`.replaceAll(/\s+/g, " ").trim(),
  );
});
