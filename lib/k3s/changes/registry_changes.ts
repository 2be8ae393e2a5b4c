import type { DockerCli } from "../../docker/cli.ts";
import type { ClusterCallOptions } from "../delete_cluster.ts";
import { YamlFile } from "../../yaml/yaml_file.ts";
import { readRegistriesConfig, registryNameFor } from "../registries/cluster_registries.ts";
import {
  connectRegistryToCluster,
  disconnectRegistryFromCluster,
  planRegistryConnection,
} from "../registries/connect_registry.ts";
import {
  createRegistryContainer,
  type CreateRegistryContainerOptions,
  planRegistryContainer,
} from "../registries/create_registry.ts";
import { takeInventory } from "../registries/list_registries.ts";
import { REGISTRIES_PATH } from "../registries/mirrors.ts";
import { readRegistriesFile } from "../registries/node_registries.ts";
import type { RegistrySpec } from "../registries/registry_spec.ts";
import type { Operation } from "../operation.ts";
import type { ClusterSpec } from "../spec.ts";

/** What is done about one registry of a cluster that runs. */
export interface RegistryChange {
  /** Whether it is made and connected, or connected, or disconnected; it is never deleted. */
  readonly kind: "create" | "connect" | "disconnect";
  /** Its name. */
  readonly name: string;
  /** What it is, when it is made. */
  readonly spec?: RegistrySpec;
}

/**
 * Tells what gives a cluster the registries that its spec says, and no others. A spec that says
 * nothing of registries leaves them as they are.
 *
 * @throws {NotFoundError} When one that is to be used is not there.
 * @throws {DockerError} When Docker fails.
 */
export async function compareRegistries(
  cli: DockerCli,
  { name: cluster = "", registries }: ClusterSpec,
  options: ClusterCallOptions,
): Promise<readonly RegistryChange[]> {
  if (registries === undefined) return [];
  const act = `compare the registries of cluster "${cluster}"`;
  const there = (await takeInventory(cli, { ...options, act })).registries;
  const named = (registries.create ?? []).map((spec, index) => (
    { spec, name: registryNameFor(spec, cluster, index) }
  ));
  const isThere = (name: string) => there.some((registry) => registry.name === name);
  const wanted = [
    ...named.map(({ name }) => name).filter(isThere),
    ...registries.use ?? [],
  ];
  const connections = await Promise.all(wanted.map((name) => (
    planRegistryConnection("connect", name, cluster, options)
  )));
  const kept = [...named.map(({ name }) => name), ...connections.map(({ registry }) => registry)];
  return [
    ...named.filter(({ name }) => !isThere(name)).map(({ name, spec }): RegistryChange => (
      { kind: "create", name, spec: { ...spec, name } }
    )),
    ...connections.filter(({ operations }) => operations.length > 0)
      .map(({ registry }): RegistryChange => ({ kind: "connect", name: registry })),
    ...there.filter(({ name, clusters }) => clusters.includes(cluster) && !kept.includes(name))
      .map(({ name }): RegistryChange => ({ kind: "disconnect", name })),
  ];
}

/**
 * Whether a node lacks something of the `registries.yaml` that its spec says. What else the node's
 * has, davit added.
 *
 * @param directory What a relative path starts from.
 * @throws {FileError} When there is no such file.
 * @throws {SpecError} When it is no YAML.
 * @throws {DockerError} When Docker fails.
 */
export async function lacksConfig(
  cli: DockerCli,
  node: string,
  { registries: { config } = {} }: ClusterSpec,
  { directory = ".", ...options }: ClusterCallOptions & { readonly directory?: string },
): Promise<boolean> {
  if (config === undefined) return false;
  const { text, name } = await readRegistriesConfig(config, directory);
  const [file] = await readRegistriesFile(cli, node, options);
  const [wanted, actual] = await Promise.all([
    YamlFile.parse(text, name),
    YamlFile.parse(String(file?.content ?? ""), `${REGISTRIES_PATH} of "${node}"`),
  ]);
  return !holds(actual.value, wanted.value);
}

/** Lists hold others in the same order, with more between them. */
function holds(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted) && Array.isArray(actual)) {
    let at = 0;
    return wanted.every((item) => {
      at = actual.findIndex((other, index) => index >= at && holds(other, item)) + 1;
      return at > 0;
    });
  }
  if (typeof wanted !== "object" || wanted === null) return actual === wanted;
  return typeof actual === "object" && actual !== null &&
    Object.entries(wanted).every(([key, value]) =>
      holds(new Map(Object.entries(actual)).get(key), value)
    );
}

/** Says what is to be done, in a line. */
export function describeRegistryChange({ kind, name }: RegistryChange): string {
  return `${kind} registry ${name}`;
}

/**
 * Does what {@linkcode compareRegistries} told. A registry that is made is
 * deleted with the cluster.
 *
 * @returns What was done.
 * @throws As {@linkcode createRegistryContainer} and {@linkcode connectRegistryToCluster} do.
 */
export async function changeRegistries(
  cli: DockerCli,
  spec: ClusterSpec,
  changes: readonly RegistryChange[],
  options: CreateRegistryContainerOptions,
): Promise<readonly RegistryChange[]> {
  const { name: cluster = "" } = spec;
  const gone = changes.filter(({ kind }) => kind === "disconnect");
  for (const { name } of gone) await disconnectRegistryFromCluster(name, cluster, options);
  // Kubernetes tells of one registry: of another, when that is gone.
  const come = gone.length === 0 ? changes : await compareRegistries(cli, spec, options);
  for (const { kind, name, spec: made = {} } of come) {
    if (kind === "create") await createRegistryContainer(made, { ...options, owner: cluster });
    await connectRegistryToCluster(name, cluster, options);
  }
  return [...gone, ...come];
}

/** The docker commands of it; those that connect a registry that is yet to be made are not known. */
export async function planRegistryChange(
  { kind, name, spec = {} }: RegistryChange,
  cluster: string,
  options: CreateRegistryContainerOptions,
): Promise<readonly Operation[]> {
  if (kind === "create") {
    return await planRegistryContainer(spec, { ...options, owner: cluster });
  }
  return (await planRegistryConnection(kind, name, cluster, options)).operations;
}
