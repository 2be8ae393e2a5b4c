import type { NodeRole } from "./node.ts";

/** What a cluster is called unless it is said. */
export const DEFAULT_CLUSTER = "davit";

/** The labels by which davit knows its own containers, networks and volumes. */
export const LABEL = {
  /** The cluster that a thing belongs to. */
  cluster: "davit.cluster",
  /** What a container is: `server`, `agent`, `loadbalancer`, `registry`. */
  role: "davit.role",
  /** How a node was made, as JSON without secrets. */
  node: "davit.node",
  /** Where the API is reached, as `https://HOST:PORT`. */
  api: "davit.api",
  /** How a registry was made, as JSON without secrets; of its volume, the name. */
  registry: "davit.registry",
  /** The cluster that a registry was made with, and is deleted with. */
  owner: "davit.registry.owner",
} as const;

/** The names by which a node and its pods reach the host. */
export const HOST_NAMES = ["host.davit.internal", "host.k3d.internal"] as const;

const MAX_LENGTH = 32;
const NAME_REGEXP = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * Checks the name of a cluster: a DNS label of at most 32 characters.
 *
 * @throws {SyntaxError} When it is something else.
 */
export function parseClusterName(text: string): string {
  if (NAME_REGEXP.test(text) && text.length <= MAX_LENGTH) return text;
  throw new SyntaxError(
    `Cannot call a cluster "${text}": expected at most ${MAX_LENGTH} lower case letters, digits ` +
      `and dashes, with a letter or digit at both ends`,
  );
}

/** The container, and the host name, of a node: `davit-dev-server-0`. */
export function nodeName(cluster: string, role: NodeRole, index: number): string {
  return role === "loadbalancer"
    ? `davit-${cluster}-serverlb`
    : `davit-${cluster}-${role}-${index}`;
}

/** The network, the context, and the cluster of a kubeconfig. */
export function scopeName(cluster: string): string {
  return `davit-${cluster}`;
}
