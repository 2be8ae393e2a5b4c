import type { PortSpec } from "./spec.ts";
import type { VolumeMount } from "./volume_mount.ts";

/** What a container of a cluster is for. */
export type NodeRole = "server" | "agent" | "loadbalancer";

/** A file that a node has before it starts. */
export interface NodeFile {
  /** The absolute path in the node. */
  readonly path: string;
  /** What it holds. */
  readonly content: string | Uint8Array;
  /** Permission bits; `0o644` unless said. */
  readonly mode?: number;
}

/** A limit of processes in a node, as `docker create --ulimit` has it. */
export interface Ulimit {
  /** The name: `nofile`. */
  readonly name: string;
  /** What a process starts with. */
  readonly soft: number;
  /** How far it may raise it. */
  readonly hard: number;
}

/** What a load balancer does besides passing the API on: its settings and ports in the user's words. */
export interface Balancing {
  /** Ports, with the nodes that they lead to. */
  readonly ports: readonly PortSpec[];
  /** Settings: `settings.workerConnections=2048`. */
  readonly settings: readonly string[];
}

/** A container of a cluster, with everything decided. It holds no secrets. */
export interface ClusterNode {
  /** The container's name, and its host name. */
  readonly name: string;
  /** What it is for. */
  readonly role: NodeRole;
  /** Its number among those of its role. */
  readonly index: number;
  /** The image it is made of. */
  readonly image: string;
  /** Its address in the cluster's network; the engine's choice in a network that has no subnet. */
  readonly ip?: string;
  /** The words for k3s: `server --cluster-init`. */
  readonly command: readonly string[];
  /** Environment variables, in their order. */
  readonly env: readonly string[];
  /** Labels of the container, besides those of davit. */
  readonly labels: Readonly<Record<string, string>>;
  /** Directories and volumes of the user. */
  readonly volumes: readonly VolumeMount[];
  /** Published ports: `127.0.0.1:6550:6443/tcp`. */
  readonly ports: readonly string[];
  /** Limits of processes. */
  readonly ulimits: readonly Ulimit[];
  /** Names of other hosts: `registry.local:172.18.0.9`. */
  readonly extraHosts: readonly string[];
  /** The most memory, in docker's words: `2g`. */
  readonly memory?: string;
  /** The most processors: `1.5`. */
  readonly cpus?: string;
  /** GPUs, in docker's words: `all`. */
  readonly gpus?: string;
  /** Whether it sees the processes of the host. */
  readonly hostPid?: boolean;
  /** Networks that it is in besides the cluster's. */
  readonly networks?: readonly string[];
  /** What a load balancer does. */
  readonly balancing?: Balancing;
  /** The files of the user that it had before it started: their paths, and the digests of the content. */
  readonly files?: Readonly<Record<string, string>>;
}
