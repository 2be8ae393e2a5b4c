import type { CallOptions } from "../layer/content_source.ts";
import { DockerCli, type DockerCliOptions } from "../docker/cli.ts";
import { removeAll } from "./journal.ts";
import { LABEL } from "./names.ts";
import type { Creation } from "./operation.ts";
import { settle } from "./settle.ts";

/** Options of what is done with a cluster that exists. */
export interface ClusterCallOptions extends CallOptions {
  /** How the `docker` command is run. */
  readonly docker?: DockerCliOptions;
}

/**
 * Deletes a cluster: its containers, volumes and network, and nothing else. What is left of a
 * cluster that is half gone goes too.
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
  const filter = ["--filter", `label=${LABEL.cluster}=${name}`];
  const list = async (kind: Creation["kind"], args: readonly string[]) => {
    const output = await cli.run([...args, ...filter], {
      ...options,
      act: `find cluster "${name}"`,
    });
    return output.split("\n").filter((line) => line !== "").map((line) => ({ kind, name: line }));
  };
  const found = await settle([
    list("container", ["ps", "--all", "--format", "{{.Names}}"]),
    list("volume", ["volume", "ls", "--quiet"]),
    list("network", ["network", "ls", "--format", "{{.Name}}"]),
  ]);
  return found.flat();
}
