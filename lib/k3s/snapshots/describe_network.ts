import type { DockerCli } from "../../docker/cli.ts";
import { ClusterError } from "../../errors.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import type { ClusterInfo } from "../list_clusters.ts";
import { LABEL, scopeName } from "../names.ts";
import type { SnapshotNetwork } from "./snapshot.ts";

/** What `docker network inspect` tells, as far as it is of interest. */
interface Network {
  readonly Name: string;
  readonly IPAM?: { readonly Config?: readonly { Subnet?: string; Gateway?: string }[] };
  readonly Options?: Readonly<Record<string, string>>;
  readonly Labels?: Readonly<Record<string, string>>;
}

/**
 * Describes the network that the nodes of a cluster are in, so that it can be made again.
 *
 * @throws {ClusterError} When its first node is in none.
 * @throws {DockerError} When Docker fails.
 */
export async function describeNetwork(
  cli: DockerCli,
  { name, nodes }: ClusterInfo,
  options: CallOptions = {},
): Promise<SnapshotNetwork> {
  const act = `find the network of cluster "${name}"`;
  const node = nodes[0]?.name ?? "";
  const joined = await cli.run(
    ["inspect", "--format", "{{json .NetworkSettings.Networks}}", node],
    {
      ...options,
      act,
    },
  );
  const names = Object.keys(JSON.parse(joined) ?? {});
  // More may have been connected to it later.
  const chosen = names.includes(scopeName(name)) ? scopeName(name) : names[0] ?? "none";
  const output = await cli.run(["network", "inspect", chosen], { ...options, act });
  const [network]: readonly Network[] = JSON.parse(output);
  if (network === undefined) {
    throw new ClusterError(`Cannot ${act}: expected one, got none`, { node });
  }
  const config = network.IPAM?.Config?.find(({ Subnet = "" }) => Subnet.includes("."));
  const mtu = Number(network.Options?.["com.docker.network.driver.mtu"]) || undefined;
  return {
    name: network.Name,
    own: network.Labels?.[LABEL.cluster] === name,
    ...(config?.Subnet === undefined ? {} : { subnet: config.Subnet }),
    ...(config?.Gateway === undefined ? {} : { gateway: config.Gateway }),
    ...(mtu === undefined ? {} : { mtu }),
  };
}
