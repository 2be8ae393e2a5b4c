import { present } from "../../lib/oci/present.ts";
import { parseApiAddress } from "../../lib/k3s/api_address.ts";
import { parseRegistryCreate } from "../../lib/k3s/registries/registry_words.ts";
import { parseHostAlias } from "../../lib/k3s/host_alias.ts";
import { splitFilters } from "../../lib/k3s/split_filters.ts";
import type { ClusterSpec, FilteredSpec } from "../../lib/k3s/spec.ts";
import { parseUlimit } from "../../lib/k3s/ulimit.ts";
import type { ClusterSpecFlags } from "./cluster_spec_flags.ts";

/**
 * What the flags of a command line say of a cluster.
 *
 * @throws {SyntaxError} For a value that means nothing.
 */
export function specFromFlags(flags: ClusterSpecFlags): ClusterSpec {
  const { servers, agents, image, network, subnet, token } = flags;
  return present({
    ...{ servers, agents, image, network, subnet, token },
    kubeAPI: flags.apiPort === undefined ? undefined : apiSpec(flags.apiPort),
    ports: filtered(flags.port, (port) => ({ port })),
    volumes: filtered(flags.volume, (volume) => ({ volume })),
    env: filtered(flags.env, (envVar) => ({ envVar })),
    registries: registriesSpec(flags),
    hostAliases: flags.hostAlias?.map(parseHostAlias),
    options: present({
      k3d: present({
        disableLoadbalancer: flags.noLb,
        disableRollback: flags.noRollback,
        loadbalancer: flags.lbConfigOverride && { configOverrides: flags.lbConfigOverride },
      }),
      k3s: present({
        extraArgs: filtered(flags.k3sArg, (arg) => ({ arg })),
        nodeLabels: filtered(flags.k3sNodeLabel, (label) => ({ label })),
      }),
      kubeconfig: present({
        updateDefaultKubeconfig: flags.kubeconfigUpdateDefault,
        switchCurrentContext: flags.kubeconfigSwitchContext,
      }),
      runtime: present({
        gpuRequest: flags.gpus,
        serversMemory: flags.serversMemory,
        agentsMemory: flags.agentsMemory,
        hostPidMode: flags.hostPidMode,
        labels: filtered(flags.runtimeLabel, (label) => ({ label })),
        ulimits: flags.runtimeUlimit?.map(parseUlimit),
      }),
      davit: present({
        serversCpus: flags.serversCpus,
        agentsCpus: flags.agentsCpus,
        mtu: flags.mtu,
        loadbalancerImage: flags.lbImage,
      }),
    }),
  });
}

/** A path of the command line starts from where the user is, not from where a config file is. */
function registriesSpec(flags: ClusterSpecFlags): ClusterSpec["registries"] {
  const { registryCreate, registryUse: use, registryConfig: path } = flags;
  if ((registryCreate ?? use ?? path) === undefined) return undefined;
  const config = path === undefined || path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
  return present({ create: registryCreate?.map(parseRegistryCreate), use, config });
}

function filtered<T>(
  values: readonly string[] | undefined,
  make: (value: string) => T,
): readonly (T & FilteredSpec)[] | undefined {
  return values?.map((text) => {
    const { value, filters } = splitFilters(text);
    return { ...make(value), ...(filters.length === 0 ? {} : { nodeFilters: filters }) };
  });
}

function apiSpec(text: string): NonNullable<ClusterSpec["kubeAPI"]> {
  const { host, hostIp, port } = parseApiAddress(text);
  return present({ host, hostIP: hostIp, hostPort: port === undefined ? undefined : String(port) });
}
