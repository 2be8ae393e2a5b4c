/** Rollouts that never end by themselves, of an API that answers and then says no more. */
import { assertEquals, assertRejects } from "@std/assert";
import { KubernetesApi } from "../../lib/kubernetes/api.ts";
import { awaitRollout, awaitTrouble } from "../../lib/kubernetes/rollout.ts";
import { RolloutError } from "../../lib/kubernetes/rollout_error.ts";
import { toWorkload } from "../../lib/kubernetes/workload.ts";
import { collectGarbage } from "../support/collect_garbage.ts";

const SPEC = {
  selector: { matchLabels: { app: "site" } },
  template: { spec: { containers: [{ name: "web", image: "site:v1" }] } },
};
const DEPLOYMENT = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "site", uid: "1", generation: 2 },
  spec: SPEC,
};
const POD = { metadata: { name: "site-1", namespace: "default", uid: "2" }, ...SPEC.template };

/** Lists a deployment with its pod; of watches and of logs, nothing ever comes. */
function serveSilence() {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ url }) => {
    const { pathname, searchParams } = new URL(url);
    if (searchParams.has("watch") || /log$|events$/.test(pathname)) {
      return new Response(new ReadableStream({ start: (silent) => silent.enqueue(LINE_END) }));
    }
    const items = pathname.endsWith("/pods") ? [POD] : [DEPLOYMENT];
    return Response.json({ metadata: { resourceVersion: "1" }, items });
  });
}

const LINE_END = new TextEncoder().encode("\n");

async function awaitInSilence(
  options: { readonly timeout?: number; readonly signal?: AbortSignal },
): Promise<void> {
  await using server = serveSilence();
  using api = new KubernetesApi({ server: `http://127.0.0.1:${server.addr.port}` });
  const workload = toWorkload(DEPLOYMENT);
  if (workload === undefined) throw new Error("a Deployment is a workload");
  const rollout = awaitRollout(api, workload, options);
  rollout.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 200)); // by now it watches
  await collectGarbage();
  await rollout;
}

Deno.test("awaitRollout() ends at its deadline, and by its signal, whatever the API does not say", async (t) => {
  await t.step("the deadline", async () => {
    const error = await assertRejects(() => awaitInSilence({ timeout: 1500 }), RolloutError);
    assertEquals(
      error.message,
      "Cannot roll out deployment/site: it is not ready after 1.5 s",
    );
  });
  await t.step("the signal", async () => {
    const signal = AbortSignal.timeout(1500);
    await assertRejects(() => awaitInSilence({ signal }), DOMException);
  });
});

const READY = {
  ...DEPLOYMENT,
  status: { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
};
const FALLEN = { ...READY, status: { ...READY.status, availableReplicas: 0 } };

function podWith(restartCount: number, state: unknown) {
  const lastState = { terminated: { exitCode: 7 } };
  const status = { name: "web", ready: false, restartCount, state, lastState };
  return { ...POD, status: { containerStatuses: [status] } };
}

const RUNNING = podWith(0, { running: {} });
const LOOPING = podWith(1, { waiting: { reason: "CrashLoopBackOff" } });

/** What a deployment and its pod are at first, and what they become, as milliseconds pass. */
interface Story {
  readonly deployments: readonly [State, ...State[]];
  readonly pods: readonly [State, ...State[]];
}

type State = readonly [after: number, object: unknown];

/** Lists how a story begins, and tells by watches how it goes on. */
function serveStory(story: Story) {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ url }) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname.endsWith("/log")) return new Response("no luck\n");
    if (pathname.endsWith("/events")) return Response.json({ items: [] });
    const [[, first], ...rest] = pathname.endsWith("/pods") ? story.pods : story.deployments;
    if (!searchParams.has("watch")) {
      return Response.json({ metadata: { resourceVersion: "1" }, items: [first] });
    }
    return new Response(ReadableStream.from(async function* () {
      for (const [after, object] of rest) {
        await new Promise((resolve) => setTimeout(resolve, after));
        yield new TextEncoder().encode(`${JSON.stringify({ type: "MODIFIED", object })}\n`);
      }
      await new Promise(() => {});
    }()));
  });
}

async function withStory<T>(
  story: Story,
  act: (api: KubernetesApi, workload: NonNullable<ReturnType<typeof toWorkload>>) => Promise<T>,
): Promise<T> {
  const server = serveStory(story);
  try {
    using api = new KubernetesApi({ server: `http://127.0.0.1:${server.addr.port}` });
    const workload = toWorkload(DEPLOYMENT);
    if (workload === undefined) throw new Error("a Deployment is a workload");
    return await act(api, workload);
  } finally {
    server.shutdown();
  }
}

Deno.test("a container that is ready and then falls", async (t) => {
  const falls: Story = {
    deployments: [[0, READY], [200, FALLEN]],
    pods: [[0, RUNNING], [400, LOOPING]],
  };
  const message =
    'Cannot roll out deployment/site: container "web" of pod "site-1" ended with exit code 7, 2 times';

  await t.step("counts as ready for awaitRollout() as it is", async () => {
    await withStory(falls, (api, workload) => awaitRollout(api, workload));
  });
  await t.step("does not when it has to stay so", async () => {
    const error = await assertRejects(
      () => withStory(falls, (api, workload) => awaitRollout(api, workload, { settle: 5000 })),
      RolloutError,
    );
    assertEquals([error.message, error.logs], [message, ["no luck"]]);
  });
  await t.step("does, later, if it stays so at last", async () => {
    const recovers: Story = {
      deployments: [[0, READY], [100, FALLEN], [100, READY]],
      pods: [[0, RUNNING]],
    };
    const start = performance.now();
    await withStory(recovers, (api, workload) => awaitRollout(api, workload, { settle: 300 }));
    assertEquals(performance.now() - start >= 500, true);
  });
  await t.step("is what awaitTrouble() waits for", async () => {
    const error = await assertRejects(
      () => withStory(falls, (api, workload) => awaitTrouble(api, workload)),
      RolloutError,
    );
    assertEquals(error.message, message);
  });
});
