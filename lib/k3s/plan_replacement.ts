import { TOKEN_PATH } from "./arrange_nodes.ts";
import { firstServer } from "./list_clusters.ts";
import type { ClusterNode, NodeFile } from "./node.ts";
import { isKept } from "./node_operations.ts";
import type { ObservedCluster } from "./observe_cluster.ts";
import type { Plan, PlanStep } from "./operation.ts";
import { replacedBy, replaceNode } from "./replace_node.ts";

/** What k3s keeps beside its volumes: the node's password, without which a server refuses it. */
const IDENTITY = "/etc/rancher/node";
/** What davit put beside it: the secret, and what registries there are. */
const SETTINGS = "/etc/rancher";

/**
 * Plans that a node of a cluster that runs is made anew, with the volumes, the address and the files
 * of the one that is there, and waits until it is Ready. When it fails, the one that is there goes on.
 *
 * @param files The files of the user that it has before it starts; those that it has unless said.
 */
export function planReplacement(
  cluster: ObservedCluster,
  node: ClusterNode,
  files?: readonly NodeFile[],
): Plan {
  const present = cluster.nodes.find(({ name }) => name === node.name);
  const isRunning = present?.state === "running";
  const kept = files === undefined ? pathsOf(node) : pathsOf({ ...node, files: {} });
  const setting = { cluster: cluster.name, network: cluster.network, apiUrl: cluster.apiUrl };
  const wait: readonly PlanStep[] = isRunning
    ? [{ kind: "wait", level: "nodes", nodes: [node.name], fresh: [node.name] }]
    : [];
  return {
    cluster: cluster.name,
    server: firstServer(cluster).name,
    steps: [...replaceNode({ node, isRunning, files: files ?? [], kept }, setting), ...wait],
    cleanup: [replacedBy(node)],
  };
}

/** What is taken over from container to container: all that is in no volume. */
function pathsOf({ volumes, files = {} }: ClusterNode): readonly string[] {
  const isMounted = volumes.some(({ target }) => target.startsWith(`${SETTINGS}/`));
  const settings = isMounted ? [IDENTITY, TOKEN_PATH] : [SETTINGS];
  const others = Object.keys(files).filter((path) =>
    !isKept(path) && !settings.some((directory) => path.startsWith(`${directory}/`))
  );
  return [...settings, ...others];
}
