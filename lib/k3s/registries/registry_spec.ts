/** The registries of a cluster: those to make with it, those that are there, and k3s' own file. */
export interface RegistriesSpec {
  /** Registries to make with the cluster, and to delete with it. */
  readonly create?: readonly RegistrySpec[];
  /** Registries that are there already: `NAME[:PORT]` of a container of the engine. */
  readonly use?: readonly string[];
  /** The `registries.yaml` of k3s, when it has several lines; else a path to one. */
  readonly config?: string;
}

/** What a registry is to be. Everything has a default. */
export interface RegistrySpec {
  /** Its name; that of the container begins with `davit-`. */
  readonly name?: string;
  /** The address of the host that it listens on; 127.0.0.1 unless said, or 0.0.0.0 of a remote engine. */
  readonly host?: string;
  /** The port of the host; a free one unless said, or for `random`. */
  readonly hostPort?: string;
  /** An image that starts as `registry:2` does; davit's own registry unless said. */
  readonly image?: string;
  /** Another registry to fetch from, and to keep what was fetched. */
  readonly proxy?: RegistryProxySpec;
  /** Directories and volumes; what is at `/var/lib/registry` holds the content. */
  readonly volumes?: readonly string[];
  /** Whether it listens in the cluster on the port of the host too, instead of on 5000. */
  readonly enforcePortMatch?: boolean;
  /** Whether manifests can be deleted; davit's own registry always deletes. */
  readonly deleteEnabled?: boolean;
}

/** The registry that another one fetches from. */
export interface RegistryProxySpec {
  /** Where it is: `https://registry-1.docker.io`. */
  readonly remoteURL?: string;
  /** Who signs in there; nobody unless said. */
  readonly username?: string;
  /** That user's password. */
  readonly password?: string;
}
