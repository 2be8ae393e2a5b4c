import { balancerKind } from "./balancer/balancer_kind.ts";
import { balancerFile } from "./balancer_routes.ts";
import type { ClusterInfo } from "./list_clusters.ts";
import type { ClusterNode } from "./node.ts";
import { putFiles } from "./node_operations.ts";
import type { Chain } from "./operation.ts";

/**
 * Has the load balancer of a cluster, if there is one, lead to other nodes than before. Connections
 * that are open stay so.
 *
 * @param nodes The servers and agents that there are then.
 */
export function reloadBalancer(cluster: ClusterInfo, nodes: readonly ClusterNode[]): Chain {
  const balancer = cluster.nodes.find(({ role }) => role === "loadbalancer");
  if (balancer?.node === undefined) return [];
  const before = cluster.nodes.flatMap(({ node }) => node ?? []);
  const file = balancerFile(balancer.node, nodes);
  if (file.content === balancerFile(balancer.node, before).content) return [];
  const { name, state } = balancer;
  return [
    putFiles({ name }, [file]),
    ...(state === "running"
      ? [{
        act: `reload "${name}"`,
        args: ["kill", "--signal", balancerKind(balancer.node.image).reload, name],
      }]
      : []),
  ];
}
