import type { RegistriesSpec } from "./registries/registry_spec.ts";

/**
 * What a cluster is to be: the content of k3d's config file (`k3d.io/v1alpha5`, kind `Simple`), with
 * the name on top. Everything has a default.
 */
export interface ClusterSpec {
  /** The name; `davit` unless said. */
  readonly name?: string;
  /** How many servers; 1 unless said. Several keep their state in etcd. */
  readonly servers?: number;
  /** How many agents; none unless said. */
  readonly agents?: number;
  /** The image of all nodes. */
  readonly image?: string;
  /** A network that exists; one of the cluster's own unless said. */
  readonly network?: string;
  /** The subnet of the cluster's own network, as CIDR; a free one unless said, or for `auto`. */
  readonly subnet?: string;
  /** The secret by which nodes join; a random one unless said. */
  readonly token?: string;
  /** Where the API is published. */
  readonly kubeAPI?: ApiSpec;
  /** Directories and volumes: `/src:/app@agent:*`. */
  readonly volumes?: readonly VolumeSpec[];
  /** Published ports: `8080:80@loadbalancer`. */
  readonly ports?: readonly PortSpec[];
  /** Environment variables. */
  readonly env?: readonly EnvSpec[];
  /** Files that nodes have before they start. */
  readonly files?: readonly FileSpec[];
  /** Registries for the nodes to pull from. */
  readonly registries?: RegistriesSpec;
  /** Names of other hosts. */
  readonly hostAliases?: readonly HostAliasSpec[];
  /** How davit, k3s, kubectl and the engine are told to go about it. */
  readonly options?: OptionsSpec;
}

/** Where the API is published. */
export interface ApiSpec {
  /** The name or address that clients use; that of the engine's machine unless said. */
  readonly host?: string;
  /** The address it listens on; 127.0.0.1 unless said, or 0.0.0.0 of a remote engine. */
  readonly hostIP?: string;
  /** The port; a free one unless said. */
  readonly hostPort?: string;
}

/** A value that is for some nodes. */
export interface FilteredSpec {
  /** Which nodes: `server:0`, `agent:*`. */
  readonly nodeFilters?: readonly string[];
}

/** A directory or volume. */
export interface VolumeSpec extends FilteredSpec {
  /** `[SOURCE:]TARGET[:OPTIONS]`. */
  readonly volume: string;
}

/** A published port. */
export interface PortSpec extends FilteredSpec {
  /** `[IP:][HOST:]PORT[/PROTOCOL]`. */
  readonly port: string;
}

/** An environment variable. */
export interface EnvSpec extends FilteredSpec {
  /** `NAME=VALUE`. */
  readonly envVar: string;
}

/** A file. */
export interface FileSpec extends FilteredSpec {
  /** Its content, when it has several lines; else a path relative to the config file. */
  readonly source: string;
  /** The absolute path in the node, or one of k3d's names: `k3s-manifests/app.yaml`. */
  readonly destination: string;
  /** What it is for. */
  readonly description?: string;
}

/** The names of another host. */
export interface HostAliasSpec {
  /** Its address. */
  readonly ip: string;
  /** What it is called. */
  readonly hostnames: readonly string[];
}

/** An argument of k3s. */
export interface ArgumentSpec extends FilteredSpec {
  /** The argument: `--disable=traefik`. */
  readonly arg: string;
}

/** A label. */
export interface LabelSpec extends FilteredSpec {
  /** `KEY=VALUE`. */
  readonly label: string;
}

/** How it is gone about. */
export interface OptionsSpec {
  /** What k3d's file calls its own. */
  readonly k3d?: {
    /** Whether to wait until the cluster is ready; true unless said. */
    readonly wait?: boolean;
    /** How long to wait: `90s`; 5 minutes unless said. */
    readonly timeout?: string;
    /** Whether there must be no load balancer. */
    readonly disableLoadbalancer?: boolean;
    /** Has no effect: there is no image volume. */
    readonly disableImageVolume?: boolean;
    /** Whether what was made stays after a failure. */
    readonly disableRollback?: boolean;
    /** Settings of the load balancer. */
    readonly loadbalancer?: {
      /** `settings.workerConnections=2048`, `settings.defaultProxyTimeout=900`. */
      readonly configOverrides?: readonly string[];
    };
  };
  /** What k3s is told. */
  readonly k3s?: {
    /** Arguments, in their order. */
    readonly extraArgs?: readonly ArgumentSpec[];
    /** Labels of the Kubernetes nodes. */
    readonly nodeLabels?: readonly LabelSpec[];
  };
  /** What is done with the user's kubeconfig. */
  readonly kubeconfig?: {
    /** Whether the cluster is written into it; true unless said. */
    readonly updateDefaultKubeconfig?: boolean;
    /** Whether it becomes the current one; true unless said. */
    readonly switchCurrentContext?: boolean;
  };
  /** What the engine is told. */
  readonly runtime?: {
    /** GPUs, in docker's words: `all`. */
    readonly gpuRequest?: string;
    /** The most memory of a server, in docker's words: `2g`. */
    readonly serversMemory?: string;
    /** The most memory of an agent. */
    readonly agentsMemory?: string;
    /** Whether nodes see the processes of the host. */
    readonly hostPidMode?: boolean;
    /** Labels of containers. */
    readonly labels?: readonly LabelSpec[];
    /** Limits of processes. */
    readonly ulimits?: readonly {
      /** The name: `nofile`. */
      readonly name: string;
      /** What a process starts with. */
      readonly soft: number;
      /** How far it may raise it. */
      readonly hard: number;
    }[];
  };
  /** What k3d does not know. */
  readonly davit?: {
    /** What ready means: `api`, `nodes` or `system`; `nodes` unless said. */
    readonly waitFor?: WaitLevel;
    /** The image of the load balancer: nginx with its `stream` module, or HAProxy; `davit` for its own. */
    readonly loadbalancerImage?: string;
    /** The largest packet in the cluster's own network; that of the default bridge unless said. */
    readonly mtu?: number;
    /** The most processors of a server: `1.5`. */
    readonly serversCpus?: string;
    /** The most processors of an agent. */
    readonly agentsCpus?: string;
  };
}

/** What ready means: the API answers; all nodes are Ready; the system's deployments are available. */
export type WaitLevel = "api" | "nodes" | "system";
