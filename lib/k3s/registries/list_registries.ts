import { DockerCli } from "../../docker/cli.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import type { ClusterCallOptions } from "../delete_cluster.ts";
import { LABEL } from "../names.ts";
import type { RegistryContainer } from "./registry.ts";

/** A registry of the engine that davit made. */
export interface RegistryInfo {
  /** The container's name. */
  readonly name: string;
  /** What the engine says of its container: `running`, `exited`. */
  readonly state: string;
  /** The clusters whose nodes reach it. */
  readonly clusters: readonly string[];
  /** The networks that it is in. */
  readonly networks: readonly string[];
  /** The cluster that it was made with, if it was. */
  readonly owner: string | undefined;
  /** How it was made; `undefined` when its label cannot be read. */
  readonly registry: RegistryContainer | undefined;
}

/** A container of davit's. */
interface Container {
  readonly name: string;
  readonly state: string;
  readonly networks: readonly string[];
  readonly role: string;
  readonly cluster: string;
  readonly owner: string;
  readonly registry: string;
  readonly node: string;
}

/** What davit has in an engine. */
export interface Inventory {
  /** The registries, by their names. */
  readonly registries: readonly RegistryInfo[];
  /** The containers of clusters, the networks that they are in, and the label that says how each was made. */
  readonly nodes: readonly Pick<Container, "name" | "role" | "cluster" | "networks" | "node">[];
}

/** One line of `docker ps`: JSON, whose strings the engine's template quotes. */
const FORMAT = `[${
  [
    "{{json .Names}}",
    "{{json .State}}",
    "{{json .Networks}}",
    ...[LABEL.role, LABEL.cluster, LABEL.owner, LABEL.registry, LABEL.node].map((label) =>
      `{{json (.Label "${label}")}}`
    ),
  ].join(",")
}]`;

/**
 * Lists the registries of an engine that davit made, by their names.
 *
 * @throws {DockerError} When Docker fails.
 * @example
 * ```ts
 * import { listRegistries } from "@davit/davit/k3s";
 *
 * async function runningRegistries(): Promise<readonly string[]> {
 *   const registries = await listRegistries();
 *   return registries.filter(({ state }) => state === "running").map(({ name }) => name);
 * }
 * console.assert(typeof runningRegistries === "function");
 * ```
 */
export async function listRegistries(
  options: ClusterCallOptions = {},
): Promise<readonly RegistryInfo[]> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  return (await takeInventory(cli, { ...options, act: "list registries" })).registries;
}

/** Everything that davit has in an engine, by one question. */
export async function takeInventory(
  cli: DockerCli,
  options: CallOptions & { readonly act: string },
): Promise<Inventory> {
  const args = ["ps", "--all", "--no-trunc", "--filter", `label=${LABEL.role}`];
  const output = await cli.run([...args, "--format", FORMAT], options);
  const containers = output.split("\n").filter((line) => line !== "").map(parseLine);
  const nodes = containers.filter(({ cluster }) => cluster !== "");
  const registries = containers.filter(({ role }) => role === "registry").map((container) => ({
    name: container.name,
    state: container.state,
    networks: container.networks,
    clusters: clustersIn(container.networks, nodes),
    owner: container.owner === "" ? undefined : container.owner,
    registry: parseRegistryLabel(container.registry),
  }));
  return { nodes, registries: registries.sort((left, right) => left.name < right.name ? -1 : 1) };
}

/** The clusters that have nodes in one of the networks. */
export function clustersIn(
  networks: readonly string[],
  nodes: Inventory["nodes"],
): readonly string[] {
  const near = nodes.filter((node) =>
    node.networks.some((network) => networks.includes(network) && network !== "bridge")
  );
  return [...new Set(near.map(({ cluster }) => cluster))].sort();
}

function parseLine(line: string): Container {
  const [
    name = "",
    state = "",
    networks = "",
    role = "",
    cluster = "",
    owner = "",
    registry = "",
    node = "",
  ] = JSON.parse(line);
  const named = networks.split(",").filter((network: string) => network !== "");
  return { name, state, networks: named, role, cluster, owner, registry, node };
}

/** How a registry was made, as its label says; `undefined` when that cannot be read. */
export function parseRegistryLabel(json: string): RegistryContainer | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
