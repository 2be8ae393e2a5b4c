/** Rollouts that never end by themselves, of an API that answers and then says no more. */
import { assertEquals, assertRejects } from "@std/assert";
import { KubernetesApi } from "../../lib/kubernetes/api.ts";
import { awaitRollout } from "../../lib/kubernetes/rollout.ts";
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
