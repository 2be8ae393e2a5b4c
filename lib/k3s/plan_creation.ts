import { type ApiEndpoint, arrangeNodes } from "./arrange_nodes.ts";
import { isOwnBalancer } from "./balancer/own_balancer.ts";
import { ownBalancerImage } from "./balancer/own_image.ts";
import { loadImage } from "./registries/registry_operations.ts";
import { type FileContents, filesOf, withDigests } from "./node_files.ts";
import { createNode, putFiles } from "./node_operations.ts";
import type { Chain, Operation, Plan, WorkStep } from "./operation.ts";
import { startSteps } from "./plan_start.ts";
import type { ClusterRegistries } from "./registries/cluster_registries.ts";
import { planRegistries, registryFilesOf } from "./registries/plan_registries.ts";
import type { ClusterSpec, WaitLevel } from "./spec.ts";
import { LABEL } from "./names.ts";

/** Everything that a plan for a new cluster follows from. */
export interface PlanInput {
  /** What the cluster is to be. */
  readonly spec: ClusterSpec;
  /** What its files hold. */
  readonly contents: FileContents;
  /** Where the API is to be reached. */
  readonly api: ApiEndpoint;
  /** The addresses of the nodes, in their order. */
  readonly addresses: readonly string[];
  /** The name of the network. */
  readonly network: string;
  /** The network that is to be made; `undefined` when there is one. */
  readonly newNetwork: NewNetwork | undefined;
  /** Images that the engine has yet to pull. */
  readonly missingImages: readonly string[];
  /** The registries. */
  readonly registries: ClusterRegistries;
  /** The addresses of the registries, in their order. */
  readonly registryAddresses: readonly string[];
  /** The host that published ports are reached at; `undefined` when it is this one. */
  readonly remoteHost: string | undefined;
  /** What ready means; `undefined` for not to wait. */
  readonly wait: WaitLevel | undefined;
}

/** A network of a cluster's own. */
export interface NewNetwork {
  /** Its name. */
  readonly name: string;
  /** Its subnet, as CIDR. */
  readonly subnet: string;
  /** The address of the engine's machine in it. */
  readonly gateway: string;
  /** The largest packet, in bytes. */
  readonly mtu: number | undefined;
}

/**
 * Plans a cluster: the network; all containers with their files, and the registries; the first server, until its API
 * answers; the other servers, one by one as etcd wants it; then all the rest.
 *
 * @throws {SyntaxError} For values of the spec that mean nothing.
 * @throws {SpecError} For values that do not go together.
 */
export function planCreation(input: PlanInput): Plan {
  const { spec, contents, api, addresses, network, newNetwork, missingImages, wait } = input;
  const { registries, registryAddresses, remoteHost } = input;
  const cluster = spec.name ?? "";
  const nodes = arrangeNodes(spec, { addresses, api });
  const setting = { cluster, network, apiUrl: formatApiUrl(api) };
  const creations = nodes.map((node): Chain => [
    createNode(withDigests(node, nodes, { spec, contents }), setting),
    putFiles(node, [
      ...filesOf(node, nodes, { spec, contents }),
      ...(node.role === "loadbalancer"
        ? []
        : registryFilesOf(registries, registryAddresses, node === nodes[0])),
    ]),
  ]);
  const around = planRegistries(registries, {
    ...{ cluster, network, addresses: registryAddresses, remoteHost },
  });
  const images = missingImages.map((image): Chain => [pullImage(image)]);
  const made = newNetwork === undefined ? [] : [[createNetwork(cluster, newNetwork)]];
  return {
    cluster,
    server: nodes[0]?.name ?? "",
    steps: [
      ...work([...images, ...around.images, ...made]),
      ...work([...creations, ...around.chains]),
      ...startSteps(nodes, wait),
      ...around.answers,
    ],
  };
}

/** Where the API is reached, as a URL. */
export function formatApiUrl({ host, port }: ApiEndpoint): string {
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function work(chains: readonly Chain[]): readonly WorkStep[] {
  return chains.length === 0 ? [] : [{ kind: "work", chains }];
}

function pullImage(image: string): Operation {
  if (isOwnBalancer(image)) {
    return loadImage({ name: image, compose: async () => (await ownBalancerImage()).compose() });
  }
  return { act: `pull image "${image}"`, args: ["pull", "--quiet", image] };
}

/** Makes a cluster's own network. */
export function createNetwork(
  cluster: string,
  { name, subnet, gateway, mtu }: NewNetwork,
): Operation {
  return {
    act: `create network "${name}"`,
    args: [
      ...["network", "create", "--driver", "bridge", "--label", `${LABEL.cluster}=${cluster}`],
      ...["--subnet", subnet, "--gateway", gateway],
      ...(mtu === undefined ? [] : ["--opt", `com.docker.network.driver.mtu=${mtu}`]),
      name,
    ],
    creates: [{ kind: "network", name }],
  };
}
