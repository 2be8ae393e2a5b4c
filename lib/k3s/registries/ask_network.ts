import type { DockerCli } from "../../docker/cli.ts";
import { ClusterError } from "../../errors.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import { lastAddresses } from "../choose_subnet.ts";
import type { ClusterInfo } from "../list_clusters.ts";
import { LABEL } from "../names.ts";
import { clustersIn, takeInventory } from "./list_registries.ts";
import type { RegistryPlace } from "./registry_operations.ts";

/** What `docker network inspect` tells, as far as it is of interest. */
interface Network {
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
  readonly Containers?: Readonly<Record<string, { readonly IPv4Address?: string }>>;
}

/** What `docker inspect` tells of a container's networks. */
type Endpoints = Readonly<
  Record<string, { readonly IPAMConfig?: { readonly IPv4Address?: string } | null }>
>;

/**
 * The network of a cluster, and an address in it that is free for a registry, and stays so: those of
 * nodes and of registries that are stopped are taken.
 *
 * @throws {ClusterError} When the nodes are in no network.
 * @throws {DockerError} When Docker fails.
 */
export async function askNetwork(
  cli: DockerCli,
  { name, nodes }: ClusterInfo,
  options: CallOptions = {},
): Promise<RegistryPlace> {
  const act = `find the network of cluster "${name}"`;
  const inventory = await takeInventory(cli, { ...options, act });
  const network = inventory.nodes.find(({ cluster }) => cluster === name)?.networks[0];
  if (network === undefined) {
    throw new ClusterError(`Cannot find the network of cluster "${name}": its nodes are in none`);
  }
  const output = await cli.run(["network", "inspect", network], { ...options, act });
  const [{ Labels, IPAM, Containers = {} } = {}]: readonly Network[] = JSON.parse(output);
  const subnet = IPAM?.Config?.find(({ Subnet = "" }) => Subnet.includes("."))?.Subnet;
  if (Labels?.[LABEL.cluster] !== name || subnet === undefined) return { network };
  const others = inventory.registries.filter(({ networks }) =>
    clustersIn(networks.filter((each) => each === network), inventory.nodes).includes(name)
  );
  const taken = [
    ...Object.values(Containers).map(({ IPv4Address = "" }) => IPv4Address.split("/")[0] ?? ""),
    ...nodes.flatMap(({ node }) => node?.ip ?? []),
    ...await reservedBy(others.map((registry) => registry.name), network),
  ];
  const [ip] = lastAddresses(subnet, 1, taken);
  return { network, ...(ip === undefined ? {} : { ip }) };

  async function reservedBy(names: readonly string[], of: string): Promise<readonly string[]> {
    if (names.length === 0) return [];
    const format = "{{json .NetworkSettings.Networks}}";
    const lines = await cli.run(["inspect", "--format", format, ...names], { ...options, act });
    return lines.split("\n").filter((line) => line !== "").flatMap((line) => {
      const endpoints: Endpoints = JSON.parse(line);
      return endpoints[of]?.IPAMConfig?.IPv4Address ?? [];
    });
  }
}
