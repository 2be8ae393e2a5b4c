/** Clusters whose registries are made what their config file says. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { listRegistries } from "../../lib/k3s/registries/list_registries.ts";
import { nodeTest } from "../support/node_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { applier } from "./applier.ts";
import { cleanUp, inspect, remainsOf, uniqueName } from "./cluster.ts";
import { cleanUpRegistry, makeRegistry, pullIn, push } from "./registries.ts";

nodeTest(
  "the registries of a cluster follow its file, and no node starts again",
  async (engine, t) => {
    await using dir = await tempDir();
    await using registry = await makeRegistry(engine);
    const name = uniqueName();
    await using _cleanUp = cleanUp(name, engine);
    const own = `davit-${name}-registry`;
    await using _own = cleanUpRegistry(own, engine);
    const apply = await applier(dir, name, engine);
    const node = `davit-${name}-server-0`;
    await apply({});
    const { StartedAt } = (await inspect(node)).State;
    const docker = { env: { DOCKER_HOST: engine.host } };
    const connected = async () =>
      (await listRegistries({ docker })).filter(({ clusters }) => clusters.includes(name))
        .map((found) => found.name);

    await t.step("one that it names is connected", async () => {
      const { stdout, stderr } = await apply({ registries: { use: [registry.name] } });
      assertEquals(stdout, `${name} changed\n`);
      assertStringIncludes(stderr, `connect registry ${registry.name}\n`);
      const image = `localhost:${registry.hostPort}/app:v1`;
      const digest = await push(`127.0.0.1:${registry.hostPort}/app:v1`, "one");
      assertEquals(await pullIn(node, image), digest);
    });

    await t.step("again changes nothing, and a file without registries neither", async () => {
      for (const registries of [{ use: [registry.name] }, undefined]) {
        assertEquals((await apply({ registries })).stdout, `${name} unchanged\n`);
      }
      assertEquals(await connected(), [registry.name]);
    });

    const both = { create: { name: own }, use: [registry.name] };

    await t.step("what would be made is told", async () => {
      const { stdout, stderr } = await apply({ registries: both }, ["--dry-run"]);
      assertStringIncludes(stdout, `docker create --name ${own}`);
      assertStringIncludes(stderr, `create registry ${own}\n`);
      assertEquals(await connected(), [registry.name]);
    });

    await t.step("one that is to be made is made, and goes with the cluster", async () => {
      const { stderr } = await apply({ registries: both });
      assertStringIncludes(stderr, `create registry ${own}\n`);
      assertEquals(await connected(), [own, registry.name].sort());
      assertEquals((await apply({ registries: both })).stdout, `${name} unchanged\n`);
      const info = (await listRegistries({ docker })).find((found) => found.name === own);
      assertEquals(info?.owner, name);
    });

    await t.step("one that it names no more is disconnected, and stays", async () => {
      const { stderr } = await apply({ registries: { create: { name: own } } });
      assertStringIncludes(stderr, `disconnect registry ${registry.name}\n`);
      assertEquals(await connected(), [own]);
      assert((await inspect(registry.name)).State.Running);
    });

    await t.step("none of it has started a node again", async () => {
      assertEquals((await inspect(node)).State.StartedAt, StartedAt);
    });

    await t.step(
      "another config of k3s' own takes another cluster, that which is there does not",
      async () => {
        const config = (endpoint: string) =>
          `mirrors:\n  "${own}:5000":\n    endpoint: ["${endpoint}"]\n`;
        const create = { name: own };
        const other = await apply({ registries: { create, config: config("http://elsewhere") } });
        assertEquals(other.code, 5);
        assertStringIncludes(other.stderr, "the config of its registries");
        const same = { create, config: config(`http://${own}:5000`) };
        const { stdout, stderr } = await apply({ registries: same });
        assertEquals([stdout, stderr], [`${name} unchanged\n`, ""]);
      },
    );

    await t.step("another MTU takes another cluster", async () => {
      const { code, stderr } = await apply({ options: { davit: { mtu: 1300 } } });
      assertEquals(code, 5);
      assertStringIncludes(stderr, "the MTU");
    });

    await t.step("the registry that was made with it is deleted with it", async () => {
      await cleanUp(name, engine)[Symbol.asyncDispose]();
      assertEquals((await remainsOf(name)).filter((thing) => thing !== registry.name), []);
    });
  },
);
