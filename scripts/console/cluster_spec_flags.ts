import type { FlagParametersForType } from "@stricli/core";
import type { Context } from "./context.ts";

/** The flags that say what a cluster is to be: k3d's words, then what k3d does not know. */
export interface ClusterSpecFlags {
  readonly servers?: number;
  readonly agents?: number;
  readonly image?: string;
  readonly apiPort?: string;
  readonly port?: readonly string[];
  readonly volume?: readonly string[];
  readonly env?: readonly string[];
  readonly k3sArg?: readonly string[];
  readonly k3sNodeLabel?: readonly string[];
  readonly runtimeLabel?: readonly string[];
  readonly runtimeUlimit?: readonly string[];
  readonly network?: string;
  readonly subnet?: string;
  readonly token?: string;
  readonly noLb?: boolean;
  readonly noRollback?: boolean;
  readonly noImageVolume?: boolean;
  readonly hostPidMode?: boolean;
  readonly gpus?: string;
  readonly serversMemory?: string;
  readonly agentsMemory?: string;
  readonly registryCreate?: readonly string[];
  readonly registryUse?: readonly string[];
  readonly registryConfig?: string;
  readonly enforceRegistryPortMatch?: boolean;
  readonly hostAlias?: readonly string[];
  readonly lbConfigOverride?: readonly string[];
  readonly kubeconfigUpdateDefault?: boolean;
  readonly kubeconfigSwitchContext?: boolean;
  readonly serversCpus?: string;
  readonly agentsCpus?: string;
  readonly mtu?: number;
  readonly lbImage?: string;
}

/** {@linkcode ClusterSpecFlags}, for a command's parameters. */
export const CLUSTER_SPEC_FLAGS: FlagParametersForType<ClusterSpecFlags, Context> = {
  servers: count("How many servers (1 unless said)"),
  agents: count("How many agents (0 unless said)"),
  image: text("Image of servers and agents", "IMAGE"),
  apiPort: text(
    "Where the API is published (127.0.0.1, a free port unless said)",
    "[HOST:]PORT",
  ),
  port: texts("Port to publish: 8080:80, 53:53/udp@agent:0", "SPEC[@FILTER]"),
  volume: texts("Directory or volume: /src:/app@agent:*", "[SRC:]DEST[@FILTER]"),
  env: texts("Environment variable: DEBUG=1@server:0", "NAME=VALUE[@FILTER]"),
  k3sArg: texts("Argument of k3s: --disable=traefik@server:*", "ARG[@FILTER]"),
  k3sNodeLabel: texts("Label of Kubernetes nodes: zone=a@agent:0,1", "KEY=VALUE[@FILTER]"),
  runtimeLabel: texts("Label of containers", "KEY=VALUE[@FILTER]"),
  runtimeUlimit: texts("Limit of processes in nodes: nofile=4096:8192", "NAME=SOFT[:HARD]"),
  network: text("Network for the nodes (one of their own unless said)", "NAME"),
  subnet: text("Subnet of their own network (a free one unless said)", "CIDR"),
  token: text(
    "Secret by which nodes join (random unless said)",
    "TOKEN",
  ),
  noLb: flag("Make no load balancer, even for several servers"),
  noRollback: flag("Keep what was made when it fails"),
  noImageVolume: flag("Has no effect: there is no image volume"),
  hostPidMode: flag("Have nodes see the processes of the host"),
  gpus: text("GPUs of nodes, in docker's words: all", "GPUS"),
  serversMemory: text("Most memory of a server, in docker's words: 2g", "SIZE"),
  agentsMemory: text("Most memory of an agent", "SIZE"),
  registryCreate: texts(
    "Registry to make with the cluster, and to delete with it",
    "NAME[:HOST][:PORT]",
  ),
  registryUse: texts("Registry in a container that is there", "NAME[:PORT]"),
  registryConfig: text("registries.yaml of k3s, to which registries are added", "FILE"),
  enforceRegistryPortMatch: flag("Have new registries listen in the cluster on their port outside"),
  hostAlias: texts("Names of another host: 10.0.0.9:db.local", "IP:NAME[,NAME]"),
  lbConfigOverride: texts(
    "As settings.workerConnections=2048",
    "KEY=VALUE",
  ),
  kubeconfigUpdateDefault: flag("Write the user's kubeconfig (yes unless said)"),
  kubeconfigSwitchContext: flag("Make the cluster the current one (yes unless said)"),
  serversCpus: text("Most processors of a server: 1.5", "N"),
  agentsCpus: text("Most processors of an agent", "N"),
  mtu: count("Largest packet of their network (the default bridge's unless said)"),
  lbImage: text(
    "Image of the load balancer: nginx (with stream), HAProxy; davit for its own",
    "IMAGE",
  ),
};

/** The letters of k3d. */
export const CLUSTER_SPEC_ALIASES = {
  a: "agents",
  e: "env",
  i: "image",
  p: "port",
  s: "servers",
  v: "volume",
} as const;

type TextFlag = {
  kind: "parsed";
  brief: string;
  placeholder: string;
  parse: (text: string) => string;
  optional: true;
};

function text(brief: string, placeholder: string): TextFlag {
  return { kind: "parsed", brief, placeholder, parse: String, optional: true };
}

function texts(brief: string, placeholder: string): TextFlag & { variadic: true } {
  return { ...text(brief, placeholder), variadic: true };
}

function count(brief: string) {
  return { kind: "parsed", brief, placeholder: "N", parse: parseCount, optional: true } as const;
}

function flag(brief: string) {
  return { kind: "boolean", brief, optional: true, withNegated: false } as const;
}

function parseCount(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot use "${text}": expected a whole number`);
}
