import type { RegistryEndpoint } from "./mirrors.ts";

/** Where k3s finds what it is to bring into the cluster by itself, also while it runs. */
export const HOSTING_PATH = "/var/lib/rancher/k3s/server/manifests/davit-registry.yaml";

/**
 * The manifest that tells tools where a cluster's registry is.
 *
 * @param ip Its address in the cluster's network, which pods reach where its name is not known.
 * @see {@link https://github.com/kubernetes/enhancements/tree/master/keps/sig-cluster-lifecycle/generic/1755-communicating-a-local-registry KEP-1755}
 */
export function hostingManifest(
  { name, port, hostPorts }: RegistryEndpoint,
  ip?: string,
): string {
  const [hostPort] = hostPorts;
  return [
    "apiVersion: v1",
    "kind: ConfigMap",
    "metadata:",
    "  name: local-registry-hosting",
    "  namespace: kube-public",
    "data:",
    "  localRegistryHosting.v1: |",
    ...(hostPort === undefined ? [] : [`    host: "localhost:${hostPort}"`]),
    `    hostFromContainerRuntime: "${name}:${port}"`,
    `    hostFromClusterNetwork: "${ip ?? name}:${port}"`,
    "",
  ].join("\n");
}
