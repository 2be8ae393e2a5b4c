import type { DockerCli } from "../../docker/cli.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import type { ClusterNode } from "../node.ts";
import { volumesOf } from "../node_operations.ts";

/** A path of a node at which something is mounted. */
export interface NodeMount {
  /** The path in the node. */
  readonly path: string;
  /** The volume, when it is one that davit made for the node's state. */
  readonly volume: string | undefined;
}

/** What `docker inspect` tells of a mount, as far as it is of interest. */
interface Mount {
  readonly Type: string;
  readonly Name?: string;
  readonly Destination: string;
}

/**
 * Finds what is mounted into a node, by the paths.
 *
 * @throws {DockerError} When Docker fails.
 */
export async function findMounts(
  cli: DockerCli,
  node: ClusterNode,
  options: CallOptions = {},
): Promise<readonly NodeMount[]> {
  const output = await cli.run(["inspect", "--format", "{{json .Mounts}}", node.name], {
    ...options,
    act: `find the volumes of "${node.name}"`,
  });
  const mounts: readonly Mount[] = JSON.parse(output);
  const own = volumesOf(node);
  return mounts.map(({ Type, Name = "", Destination }) => {
    const isState = Type === "volume" && own.includes(Name);
    return { path: Destination, volume: isState ? Name : undefined };
  }).sort((left, right) => left.path < right.path ? -1 : 1);
}
