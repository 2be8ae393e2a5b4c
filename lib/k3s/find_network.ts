import type { DockerCli } from "../docker/cli.ts";

/** The network that a cluster's nodes are in. */
export interface NodeNetwork {
  /** Its name. */
  readonly name: string;
  /** Its IPv4 subnet. */
  readonly subnet: string | undefined;
}

/**
 * Finds the network that a node is in, and its subnet.
 *
 * @param act What it is for, as an error names it.
 * @throws {DockerError} When Docker fails.
 */
export async function findNetwork(cli: DockerCli, node: string, act: string): Promise<NodeNetwork> {
  const format = "{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}";
  const names = await cli.run(["inspect", "--format", format, node], { act });
  const name = names.trim().split("\n")[0] ?? "";
  const subnets = await cli.run(
    ["network", "inspect", "--format", "{{range .IPAM.Config}}{{println .Subnet}}{{end}}", name],
    { act },
  );
  return { name, subnet: subnets.split("\n").find((subnet) => subnet.includes(".")) };
}
