import { DockerDaemon } from "../../lib/docker/daemon.ts";
import { appendLayers } from "../../lib/image/append.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { createCluster } from "../../lib/k3s/create_cluster.ts";
import { layerFromEntries } from "../../lib/layer/entries.ts";
import { hostPlatform } from "../../lib/oci/platform.ts";
import { copy } from "../../lib/store/copy.ts";
import { runOk } from "../support/command.ts";
import { standInImage } from "../support/node_image.ts";
import { alternateOn } from "./alternate.ts";
import { DAVIT } from "./davit.ts";
import { openPseudoBytes } from "./pseudo_bytes.ts";
import { type BenchResult, reportResults } from "./result.ts";

const ROUNDS = 3;
const MB = 1_000_000;

/** What everybody does without davit, for one node after the other. */
const BY_HAND = `for node in $NODES; do
  docker save $IMAGE | docker exec -i $node ctr --namespace k8s.io images import - || exit
done`;

/** What makes an import the first one again. */
const FORGET = `for node in $NODES; do
  docker exec $node sh -c "ctr images ls -q | xargs -r ctr images rm --sync" || exit
done`;

/** Imports of an image of 200 MB into stand-in nodes, against `docker save | ctr images import`. */
export async function benchImport(): Promise<BenchResult[]> {
  const host = Deno.env.get("DOCKER_HOST") ?? "unix:///var/run/docker.sock";
  const docker = { env: { DOCKER_HOST: host } };
  const image = await standInImage({ host });
  const id = `b${crypto.randomUUID().slice(0, 8)}`;
  await using cluster = await createCluster({ name: id, image, agents: 2 }, { docker });
  await using single = await createCluster({ name: `${id}-1`, image }, { docker });
  const { name: three } = cluster;
  const { name: one } = single;
  const before = `davit-bench/${id}:v1`;
  const after = `davit-bench/${id}:v2`;
  await using _images = {
    [Symbol.asyncDispose]: async () => void await runOk("docker", ["rmi", before, after]),
  };
  await loadImages([before, after], docker);
  const sh = async (script: string, cluster: string, env: Record<string, string> = {}) => {
    const args = ["ps", "--format", "{{.Names}}", "--filter", `label=davit.cluster=${cluster}`];
    const { stdout } = await runOk("docker", args);
    await runOk("sh", ["-c", script], { env: { ...env, NODES: stdout.replaceAll("\n", " ") } });
  };
  const forget = async (cluster: string) => await sh(FORGET, cluster);
  const byHand = (cluster: string) => sh(BY_HAND, cluster, { IMAGE: before });
  const davit = async (cluster: string, image: string, ...words: string[]) => {
    const args = [...DAVIT, "image", "import", "-c", cluster, "--json", ...words, image];
    const { stdout } = await runOk(Deno.execPath(), args);
    const { nodes: [node] } = JSON.parse(stdout);
    return node.sent as number;
  };
  const sent = { again: NaN, changed: NaN };
  const on =
    (cluster: string, isWarm = false) =>
    async (_: number, run: (stage: undefined) => Promise<void>) => {
      if (isWarm) await davit(cluster, before);
      await run(undefined);
      await forget(cluster);
    };
  const onOne = await alternateOn(on(one), ROUNDS, {
    byHand: () => byHand(one),
    auto: () => davit(one, before),
    stream: () => davit(one, before, "--via", "stream"),
    registry: () => davit(one, before, "--via", "registry"),
  });
  const warm = await alternateOn(on(one, true), ROUNDS, {
    again: async () => sent.again = await davit(one, before),
    changed: async () => sent.changed = await davit(one, after),
  });
  const onThree = await alternateOn(on(three), ROUNDS, {
    byHand: () => byHand(three),
    auto: () => davit(three, before),
    stream: () => davit(three, before, "--via", "stream"),
    registry: () => davit(three, before, "--via", "registry"),
  });
  const compare = (what: string, ours: number, theirs: number, limit: number): BenchResult => ({
    name: `davit image import, ${what}`,
    ratio: ours / theirs,
    limit,
    detail: `${ours.toFixed(0)} / ${theirs.toFixed(0)}`,
  });
  return [
    compare("200 MB into one node, ms by hand", onOne.auto, onOne.byHand, 1.1),
    compare("200 MB into three nodes, ms by hand", onThree.auto, onThree.byHand, 0.7),
    compare("the same again, ms at most", warm.again, 300, 1),
    compare("the same again, bytes", sent.again, 1, 0),
    compare("1 MB changed, ms by hand", warm.changed, onOne.byHand, 0.25),
    compare("1 MB changed, bytes", sent.changed, 200 * MB, 0.05),
    compare("one node, ms chosen against the faster way", onOne.auto, fasterOf(onOne), 1.2),
    compare("three nodes, ms chosen against the faster way", onThree.auto, fasterOf(onThree), 1.2),
  ];
}

function fasterOf(times: { readonly stream: number; readonly registry: number }): number {
  return Math.min(times.stream, times.registry);
}

/** Loads an image of 200 MB into Docker, and one whose top layer of 1 MB is another. */
async function loadImages(
  names: readonly string[],
  docker: NonNullable<ConstructorParameters<typeof DockerDaemon>[0]>,
): Promise<void> {
  const bytes = openPseudoBytes(1);
  const base = layerFromEntries(
    Array.from({ length: 199 }, (_, file) => ({ path: `base/${file}`, content: bytes.next(MB) })),
  );
  for (const name of names) {
    const top = layerFromEntries([{ path: "top", content: bytes.next(MB) }]);
    const image = appendLayers(emptyImage({ platform: hostPlatform() }), [base, top]);
    await using daemon = new DockerDaemon(docker);
    await copy(image, daemon, { names: [name] });
    await daemon.commit();
  }
}

if (import.meta.main) reportResults(await benchImport());
