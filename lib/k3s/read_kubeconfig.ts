import type { CallOptions } from "../layer/content_source.ts";
import { DockerCli } from "../docker/cli.ts";
import { readAll } from "../stream/read_all.ts";
import { readTar } from "../tar/read_tar.ts";
import { ClusterError } from "../errors.ts";
import type { ClusterCallOptions } from "./delete_cluster.ts";
import { adaptKubeconfig } from "./kubeconfig.ts";
import { findCluster } from "./list_clusters.ts";

/** Where k3s writes the administrator's kubeconfig. */
export const KUBECONFIG_PATH = "/etc/rancher/k3s/k3s.yaml";

const MAX_BYTES = 1024 * 1024;

/**
 * Reads the kubeconfig of a cluster, whether it runs or is stopped.
 *
 * @returns YAML, for use from outside.
 * @throws {NotFoundError} When there is no such cluster.
 * @throws {ClusterError} When it never came up.
 */
export async function readKubeconfig(
  name: string,
  options: ClusterCallOptions = {},
): Promise<string> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  const { nodes, apiUrl } = await findCluster(cli, name, options);
  const server = nodes.find(({ role }) => role === "server");
  const text = server === undefined ? undefined : await readFile(cli, server.name, options);
  if (text !== undefined) return adaptKubeconfig(text, { cluster: name, server: apiUrl });
  throw new ClusterError(
    `Cannot read the kubeconfig of cluster "${name}": its first server has written none yet`,
  );
}

async function readFile(
  cli: DockerCli,
  container: string,
  options: CallOptions,
): Promise<string | undefined> {
  const act = `read the kubeconfig of "${container}"`;
  await using process = cli.spawn(["cp", `${container}:${KUBECONFIG_PATH}`, "-"], { act });
  await process.stdin.close();
  for await (const entry of readTar(process.stdout)) {
    if (entry.header.type !== "file") continue;
    return new TextDecoder().decode(
      await readAll(entry.body(), { ...options, maxBytes: MAX_BYTES, what: act }),
    );
  }
  return undefined;
}
