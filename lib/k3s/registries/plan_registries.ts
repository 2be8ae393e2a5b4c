import type { NodeFile } from "../node.ts";
import type { AnswerStep, Chain, Operation } from "../operation.ts";
import { answerUrl } from "./await_registry.ts";
import { type ClusterRegistries, endpointOf } from "./cluster_registries.ts";
import { HOSTING_PATH, hostingManifest } from "./hosting_manifest.ts";
import { REGISTRIES_PATH } from "./mirrors.ts";
import { connectRegistry, loadImage, makeRegistry } from "./registry_operations.ts";

/** Where a cluster's registries go. */
export interface RegistriesPlace {
  /** The cluster's name. */
  readonly cluster: string;
  /** Its network. */
  readonly network: string;
  /** The addresses for them, those that are made first; none where the engine chooses. */
  readonly addresses: readonly string[];
  /** The host that published ports are reached at; `undefined` when it is this one. */
  readonly remoteHost: string | undefined;
}

/** What is done about the registries of a new cluster. */
export interface RegistriesPlan {
  /** Brings images; needs nothing. */
  readonly images: readonly Chain[];
  /** Makes and connects registries; needs the network. */
  readonly chains: readonly Chain[];
  /** Waits for those that are made. */
  readonly answers: readonly AnswerStep[];
}

/** Plans the registries of a new cluster. */
export function planRegistries(
  { made, used, missingOwnImage, missingImages }: ClusterRegistries,
  { cluster, network, addresses, remoteHost }: RegistriesPlace,
): RegistriesPlan {
  const place = (index: number) => {
    const ip = addresses[index];
    return { network, ...(ip === undefined ? {} : { ip }) };
  };
  const waited = made.map(({ registry }) => ({
    name: registry.name,
    url: answerUrl(registry, remoteHost),
  }));
  return {
    images: [
      ...(missingOwnImage === undefined ? [] : [[loadImage(missingOwnImage)]]),
      ...missingImages.map((image): Chain => [pull(image)]),
    ],
    chains: [
      ...made.map(({ registry, proxy }, index) =>
        makeRegistry(registry, {
          ...place(index),
          owner: cluster,
          ...(proxy === undefined ? {} : { proxy }),
        })
      ),
      ...used.flatMap(({ name, networks }, index) =>
        networks.includes(network) ? [] : [[connectRegistry(name, place(made.length + index))]]
      ),
    ],
    answers: waited.length === 0 ? [] : [{ kind: "answer", registries: waited }],
  };
}

/**
 * What a node is told of the registries, before it starts.
 *
 * @param isFirst Whether it is the first server, which tells Kubernetes too.
 */
export function registryFilesOf(
  { made, used, config }: ClusterRegistries,
  addresses: readonly string[],
  isFirst: boolean,
): readonly NodeFile[] {
  const [registry] = [...made.map((each) => endpointOf(each.registry)), ...used];
  return [
    ...(config === undefined ? [] : [{ path: REGISTRIES_PATH, content: config, mode: 0o600 }]),
    ...(registry === undefined || !isFirst
      ? []
      : [{ path: HOSTING_PATH, content: hostingManifest(registry, addresses[0]) }]),
  ];
}

function pull(image: string): Operation {
  return { act: `pull image "${image}"`, args: ["pull", "--quiet", image] };
}
