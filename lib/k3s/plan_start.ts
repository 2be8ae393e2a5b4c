import { balancerKind } from "./balancer/balancer_kind.ts";
import { publishesApi } from "./balancer_routes.ts";
import type { ClusterInfo } from "./list_clusters.ts";
import { startNode } from "./node_operations.ts";
import type { Plan, PlanStep, WaitStep, WorkStep } from "./operation.ts";
import type { ClusterNode } from "./node.ts";
import type { WaitLevel } from "./spec.ts";

/** What the order of a start follows from. */
interface StartedNode extends Pick<ClusterNode, "name" | "role" | "ports" | "image"> {
  /** Whether Kubernetes may know it from before it was stopped. */
  readonly isFresh?: boolean;
}

/** Plans the start of a cluster whose nodes are there. */
export function planStart({ name, nodes }: ClusterInfo, wait: WaitLevel | undefined): Plan {
  return {
    cluster: name,
    server: nodes[0]?.name ?? "",
    steps: restartSteps(
      nodes.map(({ name, role, state, node }) => (
        {
          name,
          role,
          ports: node?.ports ?? [],
          image: node?.image ?? "",
          isFresh: state !== "running",
        }
      )),
      wait,
    ),
  };
}

/**
 * The steps in which nodes come up that were up before: all servers together, since the first would
 * wait for most of the others, without whom etcd gives no answer; then all the rest.
 */
export function restartSteps(
  nodes: readonly StartedNode[],
  wait: WaitLevel | undefined,
): readonly PlanStep[] {
  const servers = nodes.filter(({ role }) => role === "server");
  const rest = nodes.filter(({ role }) => role !== "server");
  return [
    ...start(servers),
    ...(rest.length > 0 ? [waitFor("api", [])] : []),
    ...start(rest),
    ...(wait === undefined ? [] : [waitForAll(wait, nodes), ...nodes.flatMap(waitForPorts)]),
  ];
}

/**
 * The steps in which nodes come up the first time: the first server until its API answers; the other
 * servers, one by one as etcd wants it; then all the rest.
 */
export function startSteps(
  nodes: readonly StartedNode[],
  wait: WaitLevel | undefined,
): readonly PlanStep[] {
  const [first, ...servers] = nodes.filter(({ role }) => role === "server");
  const rest = nodes.filter(({ role }) => role !== "server");
  const hasOthers = servers.length + rest.length > 0;
  return [
    ...start(first === undefined ? [] : [first]),
    ...(hasOthers ? [waitFor("api", [])] : []),
    ...servers.flatMap((server) => [...start([server]), waitFor("nodes", [server])]),
    ...start(rest),
    ...(wait === undefined ? [] : [waitForAll(wait, nodes)]),
    ...(wait === undefined ? [] : nodes.flatMap(waitForPorts)),
  ];
}

/** A load balancer through which the API answers has been waited for. */
function waitForPorts({ name, role, ports, image }: StartedNode): readonly PlanStep[] {
  if (role !== "loadbalancer" || publishesApi({ ports })) return [];
  return [{ kind: "words", node: name, words: balancerKind(image).words }];
}

function waitForAll(
  level: WaitLevel,
  nodes: readonly StartedNode[],
): WaitStep {
  const balancer = nodes.find((node) => node.role === "loadbalancer" && publishesApi(node))?.name;
  return {
    ...waitFor(level, nodes.filter(({ role }) => role !== "loadbalancer")),
    ...(balancer === undefined ? {} : { balancer }),
  };
}

function start(nodes: readonly Pick<ClusterNode, "name">[]): readonly WorkStep[] {
  return nodes.length === 0
    ? []
    : [{ kind: "work", chains: nodes.map((node) => [startNode(node)]) }];
}

function waitFor(level: WaitLevel, nodes: readonly StartedNode[]): WaitStep {
  const fresh = nodes.filter(({ isFresh }) => isFresh).map(({ name }) => name);
  return {
    kind: "wait",
    level,
    nodes: nodes.map(({ name }) => name),
    ...(fresh.length === 0 ? {} : { fresh }),
  };
}
