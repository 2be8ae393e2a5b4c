import { type ClusterInfo, firstServer, type NodeInfo } from "./list_clusters.ts";
import { volumesOf } from "./node_operations.ts";
import type { Chain, Creation, Operation, Plan } from "./operation.ts";
import { reloadBalancer } from "./reload_balancer.ts";

/**
 * Plans that nodes leave their cluster: the load balancer leads to them no more, Kubernetes forgets
 * them, then their containers and volumes go.
 */
export function planLeave(cluster: ClusterInfo, leaving: readonly NodeInfo[]): Plan {
  const server = firstServer(cluster);
  const others = cluster.nodes.filter((node) => !leaving.includes(node));
  const reload = reloadBalancer(cluster, others.flatMap(({ node }) => node ?? []));
  const known = leaving.filter(({ role }) => role !== "loadbalancer");
  const forget = server.state === "running"
    ? known.map((node) => forgetNode(node, server.name))
    : [];
  const chain: Chain = [...reload, ...forget];
  const things = leaving.flatMap(({ name, node }): Creation[] => [
    { kind: "container", name },
    ...(node === undefined ? [] : volumesOf(node)).map((volume): Creation => (
      { kind: "volume", name: volume }
    )),
  ]);
  return {
    cluster: cluster.name,
    server: server.name,
    steps: chain.length === 0 ? [] : [{ kind: "work", chains: [chain] }],
    cleanup: things,
  };
}

/**
 * k3s takes a server out of etcd when its node is deleted: while it still runs, or the others would
 * count it among them for ever.
 */
function forgetNode({ name, role }: NodeInfo, server: string): Operation {
  const wait = role === "server" ? ["--wait=true", "--timeout=60s"] : ["--wait=false"];
  return {
    act: `take "${name}" out of Kubernetes`,
    args: ["exec", server, "kubectl", "delete", "node", name, "--ignore-not-found", ...wait],
  };
}
