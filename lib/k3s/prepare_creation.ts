import { NotFoundError, SpecError } from "../errors.ts";
import type { ApiEndpoint } from "./arrange_nodes.ts";
import { NODE_IMAGE } from "./arrange_nodes.ts";
import { parseApiAddress } from "./api_address.ts";
import { assignAddresses, candidateSubnets, gatewayOf, lastAddresses } from "./choose_subnet.ts";
import type { EngineFacts, NetworkFacts, Wanted } from "./engine.ts";
import { findFreePort } from "./free_port.ts";
import { BALANCER_IMAGE } from "./load_balancer.ts";
import { scopeName } from "./names.ts";
import type { FileContents } from "./node_files.ts";
import { outlineNodes } from "./outline_nodes.ts";
import type { PlanInput } from "./plan_creation.ts";
import type { ClusterRegistries } from "./registries/cluster_registries.ts";
import type { ClusterSpec } from "./spec.ts";

/** What the engine is asked for about a spec. */
export function wantedFor(spec: ClusterSpec): Wanted {
  const cluster = spec.name ?? "";
  const hasBalancer = outlineNodes(spec).some(({ role }) => role === "loadbalancer");
  const balancer = spec.options?.davit?.loadbalancerImage ?? BALANCER_IMAGE;
  return {
    cluster,
    network: spec.network ?? scopeName(cluster),
    images: [spec.image ?? NODE_IMAGE, ...(hasBalancer ? [balancer] : [])],
  };
}

/**
 * The plan inputs for a spec on an engine, the best first: they differ in the subnet, of which only
 * the engine knows for sure whether it is free.
 *
 * @throws {SpecError} When the spec and the engine do not go together.
 */
export function* prepareCreation(
  spec: ClusterSpec,
  facts: EngineFacts,
  contents: FileContents,
  registries: ClusterRegistries,
): Generator<PlanInput, void, void> {
  const { network } = wantedFor(spec);
  const common = {
    spec,
    contents,
    api: apiFor(spec, facts.remoteHost),
    network,
    missingImages: facts.missingImages,
    registries,
    remoteHost: facts.remoteHost,
    wait: spec.options?.k3d?.wait === false ? undefined : spec.options?.davit?.waitFor ?? "nodes",
  };
  const count = outlineNodes(spec).length;
  const others = registries.made.length + registries.used.length;
  if (facts.network !== undefined) {
    const addresses = addressesIn(spec, facts.network, count);
    const { own, subnet, addresses: taken } = facts.network;
    const registryAddresses = own && subnet !== undefined
      ? lastAddresses(subnet, others, [...taken, ...addresses])
      : [];
    yield { ...common, addresses, registryAddresses, newNetwork: undefined };
    if (!own && addresses.length > 0) {
      yield { ...common, addresses: [], registryAddresses, newNetwork: undefined };
    }
    return;
  }
  const mtu = spec.options?.davit?.mtu ?? facts.mtu;
  for (const subnet of subnetsFor(spec, facts.remoteHost === undefined)) {
    const newNetwork = { name: network, subnet, gateway: gatewayOf(subnet), mtu };
    const addresses = assignAddresses(subnet, count);
    const registryAddresses = lastAddresses(subnet, others, addresses);
    yield { ...common, addresses, registryAddresses, newNetwork };
  }
}

/**
 * In a network of the user's, nodes have the last addresses, which the engine gives to nobody for a
 * long time: it counts from the first. It takes them only where somebody has chosen the subnet.
 */
function addressesIn(
  spec: ClusterSpec,
  { name, own, subnet, addresses }: NetworkFacts,
  count: number,
): readonly string[] {
  if (own && subnet !== undefined) return assignAddresses(subnet, count, addresses);
  if (spec.network === undefined) {
    throw new SpecError(
      `Cannot make network "${name}": there is one that davit did not make; remove it, or use it by ` +
        `--network ${name}`,
    );
  }
  if (spec.subnet !== undefined) {
    throw new SpecError(
      `Cannot give network "${name}" the subnet "${spec.subnet}": it exists; leave --subnet out`,
    );
  }
  return subnet === undefined ? [] : lastAddresses(subnet, count, addresses);
}

function subnetsFor(spec: ClusterSpec, isLocal: boolean): readonly string[] {
  const { subnet = "auto", name = "" } = spec;
  if (subnet !== "auto") return [subnet];
  const subnets = candidateSubnets(name, isLocal ? ownNetworks() : []);
  if (subnets.length === 0) throw new NotFoundError("subnet", "free", "172.29.0.0/16");
  return subnets;
}

/** The networks this machine is in: those of its engine among them. */
function ownNetworks(): readonly string[] {
  try {
    return Deno.networkInterfaces().map(({ cidr }) => cidr);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return []; // then the engine alone can tell
    throw error;
  }
}

function apiFor({ kubeAPI = {} }: ClusterSpec, remoteHost: string | undefined): ApiEndpoint {
  const { host, hostIP, hostPort = "random" } = kubeAPI;
  const { port } = parseApiAddress(hostPort);
  const hostIp = hostIP ??
    (remoteHost === undefined && host === undefined ? "127.0.0.1" : "0.0.0.0");
  const isAny = hostIp === "0.0.0.0" || hostIp === "::";
  const reachable = remoteHost ?? (isAny ? "127.0.0.1" : hostIp);
  return {
    host: host ?? reachable,
    hostIp,
    port: port ?? findFreePort(hostIp, remoteHost === undefined),
  };
}
