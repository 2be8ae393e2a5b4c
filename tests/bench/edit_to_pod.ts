/**
 * From saving a file to the new container answering, on real Kubernetes: one replica, whose process
 * starts at once. Prints where the time goes, and what part of it is davit's own: all but the waiting
 * for Kubernetes.
 */
import { openBuild } from "../../lib/dev/build_source.ts";
import { devImages } from "../../lib/dev/dev_images.ts";
import { openDevCluster } from "../../lib/dev/dev_cluster.ts";
import type { CycleTimes } from "../../lib/dev/event.ts";
import { createCluster } from "../../lib/k3s/create_cluster.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { addressOf, makeServedSite, NODE_PORT, untilAnswered } from "../dev/served_site.ts";
import { kubernetesImage } from "../support/kubernetes_image.ts";
import { type BenchResult, print, reportResults } from "./result.ts";

const EDITS = 20;
const LIMIT = 2000;
const OWN_LIMIT = 500;

/** Edits a file again and again, and measures until the pod answers with it. */
export async function benchEditToPod(): Promise<BenchResult[]> {
  const host = Deno.env.get("DOCKER_HOST") ?? "unix:///var/run/docker.sock";
  const name = `b${crypto.randomUUID().slice(0, 8)}`;
  const image = Deno.env.get("DAVIT_TEST_NODE_IMAGE") ?? await kubernetesImage({ host });
  await using _cluster = await createCluster({ name, image });
  await using site = await makeServedSite();
  using transport = new Transport();
  using cluster = await openDevCluster(name);
  await using build = await openBuild(site.build, { places: { transport } });
  const url = `http://${await addressOf(`davit-${name}-server-0`)}:${NODE_PORT}/`;
  const ending = new AbortController();
  const cycles: CycleTimes[] = [];
  let idle = Promise.withResolvers<void>();
  const running = (async () => {
    const options = { manifests: [site.manifests], signal: ending.signal };
    for await (const event of devImages({ cluster, sources: [build] }, options)) {
      if (event.kind === "ready") cycles.push(event.times);
      if (event.kind === "failed") throw event.error;
      if (event.kind === "watching") idle.resolve();
    }
  })();
  running.catch((error) => idle.reject(error));
  await idle.promise;
  const totals: number[] = [];
  for (let edit = 1; edit <= EDITS; edit++) {
    idle = Promise.withResolvers();
    const start = performance.now();
    await site.edit(`edit ${edit}`);
    await untilAnswered(url, `edit ${edit}`);
    totals.push(performance.now() - start);
    await idle.promise;
  }
  ending.abort(new Error("enough"));
  await running.catch(() => {});
  const edits = cycles.slice(-EDITS);
  for (const part of ["build", "import", "rollout", "ready"] as const) {
    print(`${part.padEnd(8)} ${median(edits.map((times) => times[part])).toFixed(0)} ms`);
  }
  const own = median(
    edits.map(({ build, import: importing, rollout }) => build + importing + rollout),
  );
  return [
    within("from an edit to the new container's answer", median(totals), LIMIT),
    within("davit's own share of it", own, OWN_LIMIT),
  ];
}

function within(what: string, milliseconds: number, limit: number): BenchResult {
  return {
    name: `${what}, against its limit`,
    ratio: milliseconds / limit,
    limit: 1,
    detail: `${milliseconds.toFixed(0)} ms / ${limit} ms`,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

if (import.meta.main) reportResults(await benchEditToPod());
