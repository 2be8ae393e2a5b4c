import { createCluster } from "../../lib/k3s/create_cluster.ts";
import type { Cluster } from "../../lib/k3s/cluster.ts";
import { openClusterImages } from "../../lib/k3s/cluster_images.ts";
import { deleteCluster } from "../../lib/k3s/delete_cluster.ts";
import type { ClusterSpec } from "../../lib/k3s/spec.ts";
import { copy } from "../../lib/store/copy.ts";
import { run, runOk } from "../support/command.ts";
import type { Engine } from "../support/engine.ts";
import type { NodeEngine } from "../support/node_image.ts";
import { podImage } from "../support/pod_image.ts";

/** A name that no other test has. */
export function uniqueName(): string {
  return `t${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
}

/** Makes a cluster under a name of its own; it goes with its scope. */
export async function makeCluster(
  { image, host }: NodeEngine,
  spec: ClusterSpec = {},
): Promise<Cluster> {
  return await createCluster({ name: uniqueName(), image, ...spec }, {
    docker: { env: { DOCKER_HOST: host } },
  });
}

/** Sees to it that nothing is left of a cluster when the scope ends, whatever a test does. */
export function cleanUp(name: string, { host }: NodeEngine): AsyncDisposable {
  const docker = { env: { DOCKER_HOST: host } };
  return { [Symbol.asyncDispose]: async () => void await deleteCluster(name, { docker }) };
}

/** What pods of tests run: nothing, beside a shell. */
export const POD_IMAGE = "registry.example/pod:v1";

/** Brings {@linkcode POD_IMAGE} to the nodes of a cluster. */
export async function importPodImage(name: string, { host }: Engine): Promise<void> {
  await using images = await openClusterImages(name, { docker: { env: { DOCKER_HOST: host } } });
  await copy(await podImage(), images, { names: [POD_IMAGE] });
  await images.commit();
}

/** Everything of a cluster that the engine has, by names. */
export async function remainsOf(name: string): Promise<readonly string[]> {
  const lists = await Promise.all([
    runOk("docker", ["ps", "--all", "--format", "{{.Names}}"]),
    runOk("docker", ["volume", "ls", "--format", "{{.Name}}"]),
    runOk("docker", ["network", "ls", "--format", "{{.Name}}"]),
  ]);
  return lists.flatMap(({ stdout }) => stdout.split("\n")).filter((line) => line.includes(name))
    .sort();
}

/** Asks the engine about a container. */
// deno-lint-ignore no-explicit-any
export async function inspect(container: string): Promise<any> {
  const { stdout } = await runOk("docker", ["inspect", container]);
  return JSON.parse(stdout)[0];
}

/** Runs something in a node and returns what it printed. */
export async function inNode(node: string, ...words: string[]): Promise<string> {
  return (await runOk("docker", ["exec", node, ...words])).stdout;
}

/** Whether a container exists. */
export async function exists(container: string): Promise<boolean> {
  return (await run("docker", ["inspect", container])).code === 0;
}

/** Tries until it succeeds, for three minutes: Kubernetes notices in its own time what became of pods. */
export async function eventually(fn: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 180_000;
  for (;;) {
    try {
      return await fn();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
