/** davit as one file, run from nowhere, whose engine is elsewhere: from an edited file to a pod. */
import { assertEquals, assertMatch } from "@std/assert";
import { busyboxImage } from "../differential/docker_images.ts";
import { createDockerArchive } from "../../lib/archive/docker_archive.ts";
import { openDevCluster } from "../../lib/dev/dev_cluster.ts";
import { applyObjects } from "../../lib/kubernetes/apply.ts";
import { copy } from "../../lib/store/copy.ts";
import { eventually, makeCluster } from "../k3s/cluster.ts";
import { type CommandResult, run, runOk, type RunOptions } from "../support/command.ts";
import { openFarEngine } from "../support/far_engine.ts";
import { kubernetesTest } from "../support/kubernetes_image.ts";
import { tempDir } from "../support/temp_dir.ts";
import { addressOf, makeServedSite, NODE_PORT, untilAnswered } from "./served_site.ts";

const ENTRY = new URL("../../scripts/davit.ts", import.meta.url).pathname;

kubernetesTest(
  "the bundled davit, through a docker context of a remote engine",
  async (engine, t) => {
    await using dir = await tempDir();
    await using cluster = await makeCluster(engine);
    await using site = await makeServedSite();
    await using far = await openFarEngine(engine);
    const { name } = cluster;
    const url = `http://${await addressOf(`davit-${name}-server-0`)}:${NODE_PORT}/`;
    const bundle = dir.join("davit.js");
    await runOk(Deno.execPath(), ["bundle", "--quiet", "--minify", "--output", bundle, ENTRY]);
    await Deno.mkdir(dir.join("empty"));
    const env = {
      DENO_DIR: dir.join("cache"), // what the bundle needs and does not hold, it shall not find
      DOCKER_CONFIG: dir.join("docker"),
      DOCKER_CONTEXT: "far",
    };
    const host = `host=tcp://127.0.0.1:${far.port}`;
    await runOk("docker", ["context", "create", "far", "--docker", host], {
      env: { DOCKER_CONFIG: env.DOCKER_CONFIG },
    });

    /** Runs the bundle. To Docker before 23 an empty DOCKER_HOST is one: it must be unset. */
    async function bundled(
      words: readonly string[],
      options: RunOptions = {},
    ): Promise<CommandResult> {
      const flags = ["-A", "--no-config", "--no-remote", "--no-npm"];
      return await run(
        "env",
        ["-u", "DOCKER_HOST", Deno.execPath(), "run", ...flags, bundle, ...words],
        { cwd: dir.join("empty"), env, ...options },
      );
    }

    await t.step("image import: a pod that never pulls runs it", async () => {
      const archive = dir.join("app.tar");
      await using written = await createDockerArchive(archive);
      await copy(await busyboxImage("far away\n"), written, { names: ["registry.example/far:v1"] });
      await written.commit();
      const first = await bundled(["image", "import", "-c", name, archive]);
      assertMatch(first.stderr, /^Sent to \S+ [\d.]+ MB\n$/);
      const again = await bundled(["image", "import", "-c", name, "--json", archive]);
      assertEquals(JSON.parse(again.stdout).nodes[0].sent, 0);
      const container = {
        ...{ name: "far", image: "registry.example/far:v1", imagePullPolicy: "Never" },
        command: ["/bin/busybox", "sleep", "3600"],
      };
      const pod = {
        ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "far" } },
        spec: { terminationGracePeriodSeconds: 1, containers: [container] },
      };
      using opened = await openDevCluster(name);
      await applyObjects(opened.api, [pod]);
      await eventually(async () => {
        const phase = await cluster.kubectl("get", "pod", "far", "-o", "jsonpath={.status.phase}");
        assertEquals(phase, "Running");
      });
    });

    await t.step("run: built, brought, applied, ready", async () => {
      const words = ["run", site.dir, "-f", site.manifests, "-c", name, "--no-follow"];
      const { stderr } = await bundled(words);
      assertMatch(stderr, /Ready: deployment\/site/);
      await untilAnswered(url, "one");
    });

    await t.step("dev: what is edited is answered", async () => {
      const interruption = new AbortController();
      const words = ["dev", site.dir, "-f", site.manifests, "-c", name];
      const running = bundled(words, { signal: interruption.signal });
      await using _end = {
        async [Symbol.asyncDispose]() {
          interruption.abort();
          await running;
        },
      };
      // it may not watch yet
      await eventually(async () => {
        const text = `edit ${Date.now()}`;
        await site.edit(text);
        await untilAnswered(url, text);
      });
    });
  },
);
