import { parseApiAccess } from "../kubernetes/api_access.ts";
import { KubernetesApi } from "../kubernetes/api.ts";
import type { ClusterCallOptions } from "../k3s/delete_cluster.ts";
import { readKubeconfig } from "../k3s/read_kubeconfig.ts";
import { ClusterError } from "../errors.ts";
import type { Platform } from "../oci/platform.ts";

/** A cluster of davit that images are run in. */
export interface DevCluster extends Disposable {
  /** Its name. */
  readonly name: string;
  /** Its API. */
  readonly api: KubernetesApi;
  /** The platform of its nodes. */
  readonly platform: Platform;
  /** How its engine is asked. */
  readonly engine: Omit<ClusterCallOptions, "signal">;
}

interface NodeList {
  readonly items: readonly {
    readonly status: {
      readonly nodeInfo?: { readonly operatingSystem?: string; readonly architecture?: string };
    };
  }[];
}

/**
 * Opens a cluster to run images in it.
 *
 * @throws {NotFoundError} When there is none of that name.
 * @throws {ClusterError} When it has no node.
 * @throws {KubernetesError} When its API does not answer.
 */
export async function openDevCluster(
  name: string,
  { signal, ...engine }: ClusterCallOptions = {},
): Promise<DevCluster> {
  const call = signal === undefined ? {} : { signal };
  const kubeconfig = await readKubeconfig(name, { ...engine, ...call });
  const api = new KubernetesApi(await parseApiAccess(kubeconfig));
  try {
    const { items: [node] } = await api.get<NodeList>("/api/v1/nodes", call);
    if (node === undefined) {
      throw new ClusterError(`Cannot run images in cluster "${name}": expected nodes, got none`);
    }
    const { operatingSystem: os = "linux", architecture = "amd64" } = node.status.nodeInfo ?? {};
    const dispose = () => api[Symbol.dispose]();
    return { name, api, platform: { os, architecture }, engine, [Symbol.dispose]: dispose };
  } catch (error) {
    api[Symbol.dispose]();
    throw error;
  }
}
