import { ClusterError } from "../errors.ts";
import { scopeName } from "./names.ts";

/** How a cluster is called in a kubeconfig. */
export interface KubeconfigNames {
  /** The cluster, and the context. */
  readonly context: string;
  /** The user. */
  readonly user: string;
}

/** The names that a cluster has in a kubeconfig: `davit-dev` and `admin@davit-dev`. */
export function kubeconfigNames(cluster: string): KubeconfigNames {
  const context = scopeName(cluster);
  return { context, user: `admin@${context}` };
}

/**
 * Turns the kubeconfig that k3s wrote, in which everything is called `default`, into one for use from
 * outside.
 *
 * @param text YAML. @param target The cluster's name, and the URL of its API.
 * @throws {ClusterError} When it is no kubeconfig of k3s.
 */
export function adaptKubeconfig(
  text: string,
  target: { readonly cluster: string; readonly server: string },
): string {
  const { context, user } = kubeconfigNames(target.cluster);
  const data = (name: string) => new RegExp(`[\\s{]${name}: ([A-Za-z0-9+/=]+)`).exec(text)?.[1];
  const authority = data("certificate-authority-data");
  const certificate = data("client-certificate-data");
  const key = data("client-key-data");
  if (authority === undefined || certificate === undefined || key === undefined) {
    throw new ClusterError(
      `Cannot read the kubeconfig of cluster "${target.cluster}": expected certificates, got none`,
    );
  }
  return `apiVersion: v1
kind: Config
clusters:
- name: ${context}
  cluster:
    certificate-authority-data: ${authority}
    server: ${target.server}
contexts:
- name: ${context}
  context:
    cluster: ${context}
    user: ${user}
current-context: ${context}
preferences: {}
users:
- name: ${user}
  user:
    client-certificate-data: ${certificate}
    client-key-data: ${key}
`;
}
