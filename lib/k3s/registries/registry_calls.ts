import { DockerCli } from "../../docker/cli.ts";
import { NotFoundError } from "../../errors.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import type { ClusterCallOptions } from "../delete_cluster.ts";
import { removeAll } from "../journal.ts";
import type { Creation } from "../operation.ts";
import { type RegistryInfo, takeInventory } from "./list_registries.ts";
import { registryName } from "./registry.ts";
import { volumeOf } from "./registry_operations.ts";

/**
 * Deletes a registry with all that it holds, but for directories and volumes of the user.
 *
 * @param name With `davit-` in front or without.
 * @returns What it was. The clusters that it names knew it until now.
 * @throws {NotFoundError} When there is no such registry.
 * @throws {DockerError} When Docker fails.
 */
export async function deleteRegistryContainer(
  name: string,
  options: ClusterCallOptions = {},
): Promise<RegistryInfo> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  const found = await findRegistry(cli, name, options);
  const volume = found.registry === undefined ? undefined : volumeOf(found.registry);
  const things: Creation[] = [
    { kind: "container", name: found.name },
    ...(volume === undefined ? [] : [{ kind: "volume" as const, name: volume }]),
  ];
  await removeAll(cli, things);
  return found;
}

/**
 * Starts a registry's container, or stops it; nothing is lost.
 *
 * @param name With `davit-` in front or without.
 * @returns The container's name.
 * @throws {NotFoundError} When there is no such registry.
 * @throws {DockerError} When Docker fails.
 */
export async function switchRegistry(
  name: string,
  state: "start" | "stop",
  options: ClusterCallOptions = {},
): Promise<string> {
  const cli = new DockerCli({ ...options.docker, detached: true });
  const found = await findRegistry(cli, name, options);
  await cli.run([state, found.name], { ...options, act: `${state} registry "${found.name}"` });
  return found.name;
}

/**
 * Finds a registry that davit made.
 *
 * @param name With `davit-` in front or without.
 * @throws {NotFoundError} When there is none of that name.
 */
export async function findRegistry(
  cli: DockerCli,
  name: string,
  options: CallOptions = {},
): Promise<RegistryInfo> {
  const full = registryName(name);
  const { registries } = await takeInventory(cli, { ...options, act: `find registry "${full}"` });
  const found = registries.find((registry) => registry.name === full);
  if (found === undefined) throw new NotFoundError("registry", full, "the engine");
  return found;
}
