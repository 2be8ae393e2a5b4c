import type { CallOptions } from "../layer/content_source.ts";
import { DockerCli, type DockerCliOptions } from "../docker/cli.ts";
import { removeAll } from "./journal.ts";
import { parseNodeLabel } from "./list_clusters.ts";
import { volumesOf } from "./node_operations.ts";
import { LABEL } from "./names.ts";
import type { Creation } from "./operation.ts";
import { clustersIn, type Inventory, takeInventory } from "./registries/list_registries.ts";
import { volumeOf } from "./registries/registry_operations.ts";
import { settle } from "./settle.ts";

/** Options of what is done with a cluster that exists. */
export interface ClusterCallOptions extends CallOptions {
  /** How the `docker` command is run. */
  readonly docker?: DockerCliOptions;
}

/**
 * Deletes a cluster: its containers, volumes, registries and network, and nothing else. A registry
 * that another cluster uses stays. What is left of a cluster that is half gone goes too.
 *
 * @returns Whether there was anything.
 * @throws {DockerError} When something cannot be removed.
 */
export async function deleteCluster(
  name: string,
  options: ClusterCallOptions = {},
): Promise<boolean> {
  return await deleteWith(new DockerCli({ ...options.docker, detached: true }), name, options);
}

/** As {@linkcode deleteCluster}, by a command line that is there already. */
export async function deleteWith(
  cli: DockerCli,
  name: string,
  options: CallOptions = {},
): Promise<boolean> {
  const things = await findThings(cli, name, options);
  await removeAll(cli, things);
  return things.length > 0;
}

/** Everything that a cluster consists of, by its label. */
async function findThings(
  cli: DockerCli,
  name: string,
  options: CallOptions,
): Promise<readonly Creation[]> {
  const act = `find cluster "${name}"`;
  const filter = ["--filter", `label=${LABEL.cluster}=${name}`];
  const list = async (kind: "volume" | "network", args: readonly string[]) => {
    const output = await cli.run([...args, ...filter], { ...options, act });
    return output.split("\n").filter((line) => line !== "").map((line) => ({ kind, name: line }));
  };
  const [inventory, volumes, networks] = await settle([
    takeInventory(cli, { ...options, act }),
    list("volume", ["volume", "ls", "--quiet"]),
    list("network", ["network", "ls", "--format", "{{.Name}}"]),
  ]);
  const nodes = inventory.nodes.filter(({ cluster }) => cluster === name);
  return [
    ...nodes.map((node): Creation => ({ kind: "container", name: node.name })),
    ...registriesOf(name, inventory, networks.map((network) => network.name)),
    ...volumes,
    ...nodes.flatMap(unlabelledVolumesOf),
    ...networks,
  ];
}

/** Podman makes the volumes of a container without their labels. */
function unlabelledVolumesOf({ node: label }: Inventory["nodes"][number]): readonly Creation[] {
  const node = parseNodeLabel(label);
  const volumes = node === undefined ? [] : volumesOf(node);
  return volumes.map((name) => ({ kind: "volume", name }));
}

/** The registries that go with a cluster, and of the others that they were in its network. */
function registriesOf(
  cluster: string,
  { registries, nodes }: Inventory,
  networks: readonly string[],
): readonly Creation[] {
  const others = nodes.filter((node) => node.cluster !== cluster);
  return registries.flatMap((info): readonly Creation[] => {
    const { name, owner, registry } = info;
    const elsewhere = info.networks.filter((network) => !networks.includes(network));
    if (owner === cluster && clustersIn(elsewhere, others).length === 0) {
      const volume = registry === undefined ? undefined : volumeOf(registry);
      return [
        { kind: "container", name },
        ...(volume === undefined ? [] : [{ kind: "volume" as const, name: volume }]),
      ];
    }
    return info.networks.filter((network) => networks.includes(network))
      .map((network) => ({ kind: "connection", name, network }));
  });
}
