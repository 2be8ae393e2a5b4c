import { DockerCli } from "../../docker/cli.ts";
import { NotFoundError, SpecError } from "../../errors.ts";
import { applyPlan } from "../apply_plan.ts";
import { Cluster } from "../cluster.ts";
import { deleteWith } from "../delete_cluster.ts";
import { askEngine, type EngineFacts } from "../engine.ts";
import { adaptKubeconfig } from "../kubeconfig.ts";
import { createNode } from "../node_operations.ts";
import type { Chain, Plan } from "../operation.ts";
import { createNetwork } from "../plan_creation.ts";
import { restartSteps } from "../plan_start.ts";
import type { WaitLevel } from "../spec.ts";
import { READY_TIMEOUT_MS, type StartClusterOptions } from "../start_cluster.ts";
import { checkPart } from "./part_file.ts";
import { readSnapshot } from "./read_snapshot.ts";
import type { Snapshot } from "./snapshot.ts";

/** Options of {@linkcode restoreSnapshot}. */
export interface RestoreSnapshotOptions extends StartClusterOptions {
  /** Whether the cluster is deleted first, when there is one of that name; `false` unless said. */
  readonly replace?: boolean;
}

/**
 * Makes a cluster as it was when its snapshot was saved: the same names, addresses and ports, the
 * same objects in Kubernetes, the same certificates, so that old kubeconfigs work.
 *
 * All parts are checked before anything is made or deleted. A failure, the deadline and the signal
 * leave nothing behind.
 *
 * @param directory The directory of the snapshot.
 * @returns The cluster. Disposing of it deletes it.
 * @throws {NotFoundError} When there is no snapshot, or not the network that it was in.
 * @throws {DocumentError | FileError} When the snapshot is damaged.
 * @throws {AlreadyExistsError} When there is such a cluster, and it is not to be replaced.
 * @throws {ClusterError} When a node fails, or is not ready in time.
 * @throws {DockerError} When Docker fails.
 */
export async function restoreSnapshot(
  directory: string,
  options: RestoreSnapshotOptions = {},
): Promise<Cluster> {
  const { replace = false, waitFor = "nodes", timeoutMs = READY_TIMEOUT_MS } = options;
  const cli = new DockerCli({ ...options.docker, detached: true });
  const snapshot = await readSnapshot(directory);
  const { cluster, apiUrl, network, nodes } = snapshot;
  const images = [...new Set(nodes.map(({ node }) => node.image))];
  const wanted = { cluster, network: network.name, images };
  if (!replace) await askEngine(cli, wanted, options); // tells at once that there is a cluster
  for (const part of nodes.flatMap(({ parts }) => parts)) await checkPart(directory, part, options);
  if (replace) await deleteWith(cli, cluster, options);
  const facts = await askEngine(cli, wanted, options);
  const plan = planRestoration(snapshot, directory, {
    facts,
    wait: waitFor === false ? undefined : waitFor,
  });
  const kubeconfig = await applyPlan(cli, plan, { ...options, since: facts.time, timeoutMs });
  return new Cluster(cli, {
    name: cluster,
    apiUrl,
    kubeconfig: kubeconfig === undefined
      ? undefined
      : adaptKubeconfig(kubeconfig, { cluster, server: apiUrl }),
  });
}

/** What a plan needs to know besides the snapshot. */
interface Surroundings {
  readonly facts: EngineFacts;
  readonly wait: WaitLevel | undefined;
}

/** Plans it: the network; all containers with what they hold; then their start. */
function planRestoration(
  snapshot: Snapshot,
  directory: string,
  { facts, wait }: Surroundings,
): Plan {
  const { cluster, apiUrl, network, nodes } = snapshot;
  const setting = { cluster, network: network.name, apiUrl };
  const chains = nodes.map(({ node, parts }): Chain => [
    createNode(node, setting),
    ...parts.map(({ file, parent }) => ({
      act: `put "${file}" into "${node.name}"`,
      args: ["cp", "-", `${node.name}:${parent}`],
      archive: `${directory}/${file}`,
    })),
  ]);
  return {
    cluster,
    server: nodes[0]?.node.name ?? "",
    steps: [
      { kind: "work", chains: networkChains(snapshot, facts) },
      { kind: "work", chains },
      ...restartSteps(nodes.map(({ node }) => ({ ...node, isFresh: true })), wait),
    ],
  };
}

/** Nothing to do where the network is there, if it is the one. */
function networkChains({ cluster, network }: Snapshot, { network: there }: EngineFacts): Chain[] {
  const { name, own, subnet, gateway, mtu } = network;
  if (!own) {
    if (there === undefined) throw new NotFoundError("network", name);
    return [];
  }
  if (there !== undefined) {
    if (there.own && there.subnet === subnet) return [];
    throw new SpecError(
      `Cannot make network "${name}" of the snapshot: there is another of that name; remove it by ` +
        `"docker network rm ${name}"`,
    );
  }
  if (subnet === undefined || gateway === undefined) return [];
  return [[createNetwork(cluster, { name, subnet, gateway, mtu })]];
}
