/** From an edited file to a pod that answers, on real Kubernetes. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { openBuild } from "../../lib/dev/build_source.ts";
import { devImages } from "../../lib/dev/dev_images.ts";
import { openDevCluster } from "../../lib/dev/dev_cluster.ts";
import type { DevEvent } from "../../lib/dev/event.ts";
import type { Pod } from "../../lib/kubernetes/object.ts";
import { RolloutError } from "../../lib/kubernetes/rollout_error.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { inNode, makeCluster } from "../k3s/cluster.ts";
import { runDavit, runDavitOk } from "../support/cli.ts";
import { kubernetesTest } from "../support/kubernetes_image.ts";
import { addressOf, makeServedSite, NODE_PORT, untilAnswered } from "./served_site.ts";

const REPOSITORY = "registry.example/site";

/** The names of the site's images that a node has, and the IDs of images that are of no name. */
async function imagesIn(node: string): Promise<readonly string[]> {
  const listed = await inNode(node, "ctr", "--namespace", "k8s.io", "images", "ls");
  const images = listed.trim().split("\n").slice(1).map((line) => line.split(/\s+/));
  const isNamed = (digest?: string) =>
    images.some(([name = "", , other]) => !name.startsWith("sha256:") && other === digest);
  return images.flatMap(([name = "", , digest]) =>
    name.startsWith(REPOSITORY) || name.startsWith("sha256:") && !isNamed(digest) ? [name] : []
  );
}

kubernetesTest("images on their way from files to pods", async (engine, t) => {
  await using cluster = await makeCluster(engine);
  await using site = await makeServedSite();
  const { name } = cluster;
  const node = `davit-${name}-server-0`;
  const url = `http://${await addressOf(node)}:${NODE_PORT}/`;
  const flags = ["-c", name, "-f", site.manifests];

  await t.step("davit run builds, brings, applies, and waits until all is ready", async () => {
    const { stderr, stdout } = await runDavitOk(["run", ...flags, "--no-follow"]);
    await untilAnswered(url, "one");
    assertEquals(stdout, "");
    assertMatch(stderr, /Built registry.example\/site@sha256:[0-9a-f]{64}: 2 of 2 layers read/);
    assertMatch(stderr, /Applied deployment\/site, service\/site/);
    assertMatch(stderr, /Ready: deployment\/site; [\d.]+ s \(build [\d.]+ s, import/);
  });

  await t.step("davit run follows what the containers write, until it is interrupted", async () => {
    const interruption = new AbortController();
    const running = runDavit(["run", ...flags], { signal: interruption.signal });
    setTimeout(() => interruption.abort(new Error("enough")), 3000);
    const { code, stdout } = await running;
    assertEquals(code, 1);
    assertMatch(stdout, /^site-\S+ web \| serving one\n/);
  });

  await t.step("davit run tells why something does not become ready", async () => {
    await using broken = await makeServedSite();
    await Deno.writeTextFile(`${broken.dir}/site/start`, "echo no luck\nexit 7\n");
    const named = (await Deno.readTextFile(broken.build)).replace("/site:v1", "/broken:v1");
    await Deno.writeTextFile(broken.build, named);
    const { code, stderr } = await runDavit(["run", broken.dir, "-c", name, "--no-follow"]);
    assertEquals(code, 1);
    assertMatch(stderr, /Cannot roll out deployment\/broken: container "broken" of pod/);
    assertStringIncludes(stderr, "exit code 7");
    assertStringIncludes(stderr, "The last lines of the container:\n  no luck");
    await cluster.kubectl("delete", "deployment", "broken", "--wait");
  });

  await using dev = await startDev(name, site);

  await t.step("davit dev answers with what was edited", async () => {
    await dev.until((event) => event.kind === "watching");
    await site.edit("two");
    await untilAnswered(url, "two");
    const built = await dev.until((event) => event.kind === "ready");
    assert(built.kind === "ready" && built.times.total > 0);
    const read = dev.events.findLast((event) => event.kind === "built");
    assert(read?.kind === "built" && read.rebuilt === 1, "one of two layers was read");
  });

  await t.step("what it removes is the image of before", async () => {
    await dev.until((event) => event.kind === "watching");
    assertEquals((await imagesIn(node)).length, 1);
  });

  await t.step("an edit that changes nothing rolls nothing out", async () => {
    await site.edit("two");
    await dev.until((event) => event.kind === "unchanged");
  });

  await t.step("StatefulSets, DaemonSets and pods by themselves are rolled too", async () => {
    const deployment = JSON.parse(await cluster.kubectl("get", "deployment", "site", "-o", "json"));
    const [{ image }] = deployment.spec.template.spec.containers;
    const labels = (app: string) => ({ metadata: { labels: { app } } });
    const spec = { terminationGracePeriodSeconds: 1, containers: [{ name: "web", image }] };
    const selector = (app: string) => ({ matchLabels: { app } });
    await Deno.writeTextFile(
      `${site.manifests}/others.json`,
      JSON.stringify({
        kind: "List",
        items: [
          {
            apiVersion: "apps/v1",
            kind: "StatefulSet",
            metadata: { name: "set" },
            spec: {
              selector: selector("set"),
              serviceName: "set",
              template: { ...labels("set"), spec },
            },
          },
          {
            apiVersion: "apps/v1",
            kind: "DaemonSet",
            metadata: { name: "all" },
            spec: { selector: selector("all"), template: { ...labels("all"), spec } },
          },
          { apiVersion: "v1", kind: "Pod", metadata: { name: "alone" }, spec },
        ],
      }),
    );
    await dev.until((event) => event.kind === "ready" && event.workloads.length === 4);
    await site.edit("three");
    const ready = await dev.until((event) => event.kind === "ready");
    assert(ready.kind === "ready");
    assertEquals([...ready.workloads].sort(), [
      "daemonset/all",
      "deployment/site",
      "pod/alone",
      "statefulset/set",
    ]);
    for (const pod of ["alone", "set-0"]) {
      assertEquals(await cluster.kubectl("exec", pod, "--", "cat", "/srv/index.html"), "three");
    }
    await Deno.remove(`${site.manifests}/others.json`);
    await cluster.kubectl("delete", "statefulset/set", "daemonset/all", "pod/alone", "--wait");
  });

  await t.step("a rollout that fails is told, and the next edit mends it", async () => {
    await dev.until((event) => event.kind === "watching");
    const start = await Deno.readTextFile(`${site.dir}/site/start`);
    await Deno.writeTextFile(`${site.dir}/site/start`, "echo broken; exit 3\n");
    const failed = await dev.until((event) => event.kind === "failed");
    assert(failed.kind === "failed" && failed.error instanceof RolloutError);
    assertEquals(failed.error.logs, ["broken"]);
    await Deno.writeTextFile(`${site.dir}/site/start`, start);
    await site.edit("mended");
    await untilAnswered(url, "mended");
  });

  await t.step("50 edits in a row end with the last, and leave nothing else", async () => {
    for (let edit = 1; edit <= 50; edit++) {
      await site.edit(`edit ${edit}`);
      await new Promise((resolve) => setTimeout(resolve, (edit * 37) % 400));
    }
    await untilAnswered(url, "edit 50");
    const last = dev.events.length;
    await dev.until((event, index) => event.kind === "watching" && index >= last - 1);
    const left = await imagesIn(node);
    assertEquals(left.length, 1, left.join(" "));
    const pods = JSON.parse(
      await cluster.kubectl("get", "pods", "-l", "app=site", "-o", "json"),
    ).items.filter(({ metadata }: Pod) => metadata.deletionTimestamp === undefined);
    assertEquals(pods.length, 1);
    assertMatch(dev.logs(), /serving edit 50/);
  });
});

/** Runs `devImages()` until the scope ends, with its events to be waited for. */
async function startDev(cluster: string, site: { build: string; manifests: string }) {
  await using scope = new AsyncDisposableStack();
  const transport = scope.use(new Transport());
  const target = {
    cluster: scope.use(await openDevCluster(cluster)),
    sources: [scope.use(await openBuild(site.build, { places: { transport } }))],
  };
  const interruption = new AbortController();
  const events: DevEvent[] = [];
  let wake = Promise.withResolvers<void>();
  let next = 0;
  const listening = (async () => {
    const { signal } = interruption;
    for await (const event of devImages(target, { manifests: [site.manifests], signal })) {
      events.push(event);
      wake.resolve();
    }
  })().catch((error) => {
    if (error !== interruption.signal.reason) throw error;
  });
  scope.defer(async () => {
    interruption.abort(new Error("enough"));
    await listening;
  });
  const owned = scope.move();
  return {
    events,
    logs: () => events.flatMap((event) => event.kind === "log" ? [event.line] : []).join("\n"),
    /** Waits for the next event of a kind. */
    async until(is: (event: DevEvent, index: number) => boolean): Promise<DevEvent> {
      const deadline = Promise.withResolvers<never>();
      const timer = setTimeout(() => deadline.reject(new Error(describeAll(events))), 60_000);
      using _ = { [Symbol.dispose]: () => clearTimeout(timer) };
      for (;;) {
        for (; next < events.length; next++) {
          const event = events[next];
          if (event !== undefined && is(event, next)) {
            next++;
            return event;
          }
        }
        await Promise.race([wake.promise, deadline.promise]);
        wake = Promise.withResolvers();
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What happened, for a failure to tell. */
function describeAll(events: readonly DevEvent[]): string {
  const lines = events.map((event) =>
    event.kind === "failed" ? `failed: ${event.error}` : JSON.stringify(event)
  );
  return `Waited in vain; what happened:\n${lines.slice(-12).join("\n")}`;
}
