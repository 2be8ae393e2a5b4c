import type { DockerCli } from "../../docker/cli.ts";
import { FileError, SpecError } from "../../errors.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import { YamlFile } from "../../yaml/yaml_file.ts";
import type { ClusterSpec } from "../spec.ts";
import { expandShortcut, parseVolumeMount } from "../volume_mount.ts";
import { askRegistries, type FoundRegistry } from "./ask_registries.ts";
import { addMirrors, REGISTRIES_PATH, type RegistryEndpoint } from "./mirrors.ts";
import type { ComposedImage, RegistryProgram } from "./own_image.ts";
import {
  arrangeRegistry,
  FOREIGN_IMAGE,
  type RegistryContainer,
  registryName,
} from "./registry.ts";
import type { RegistryProxySpec, RegistrySpec } from "./registry_spec.ts";

/** The registries of a new cluster, with everything decided. */
export interface ClusterRegistries {
  /** Those that are made with it. */
  readonly made: readonly MadeRegistry[];
  /** Those that are there. */
  readonly used: readonly FoundRegistry[];
  /** davit's own image, when it is wanted and the engine lacks it. */
  readonly missingOwnImage: ComposedImage | undefined;
  /** Other images that the engine has yet to pull. */
  readonly missingImages: readonly string[];
  /** The `registries.yaml` of the nodes; `undefined` for none. */
  readonly config: string | undefined;
}

/** A registry that is made with a cluster. */
export interface MadeRegistry {
  /** What it is. */
  readonly registry: RegistryContainer;
  /** Who signs in at the registry that it fetches from. */
  readonly proxy: RegistryProxySpec | undefined;
}

/** Options of {@linkcode prepareRegistries}. */
export interface PrepareRegistriesOptions extends CallOptions {
  /** What a relative path to a `registries.yaml` starts from. */
  readonly directory: string;
  /** What runs in davit's own image; this library unless said. */
  readonly registryProgram?: RegistryProgram;
  /** Hears which image stands in for davit's own. */
  readonly onWarning?: (text: string) => void;
}

/** No registries, and nothing of k3s' own. */
export const NO_REGISTRIES: ClusterRegistries = {
  ...{ made: [], used: [], missingOwnImage: undefined, missingImages: [], config: undefined },
};

/**
 * Asks the engine for what registries a cluster can have, and decides on them. A cluster without any
 * costs no question.
 *
 * @param remoteHost Tells where published ports are reached.
 * @throws {AlreadyExistsError} When a registry that is to be made is there.
 * @throws {NotFoundError} When one that is to be used is not there.
 * @throws {SpecError} When the spec does not make sense.
 * @throws {FileError} When there is no such `registries.yaml`.
 * @throws {DockerError} When Docker fails.
 */
export async function prepareRegistries(
  cli: DockerCli,
  spec: ClusterSpec,
  remoteHost: () => Promise<string | undefined>,
  options: PrepareRegistriesOptions,
): Promise<ClusterRegistries> {
  const { registries } = spec;
  if (registries === undefined) return NO_REGISTRIES;
  refuseOwnFile(spec);
  const { create = [], use = [], config } = registries;
  const names = create.map((made, index) => registryNameFor(made, spec.name ?? "", index));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new SpecError(`Cannot make registry "${twice}" twice: expected names that differ`);
  }
  const facts = await askRegistries(cli, {
    made: names,
    used: use,
    images: create.map(({ image }) => image),
    ...(options.registryProgram === undefined ? {} : { program: options.registryProgram }),
  }, options);
  const surroundings = {
    remoteHost: create.length === 0 ? undefined : await remoteHost(),
    ownImage: facts.ownImage?.name,
  };
  const made = create.map((registry, index): MadeRegistry => ({
    registry: arrangeRegistry(registry, names[index] ?? "", surroundings),
    proxy: registry.proxy,
  }));
  const wanted = [...new Set(made.map(({ registry: { image } }) => image))];
  const missing = wanted.filter((image) => facts.missingImages.includes(image));
  warnOfForeign(made, options);
  const endpoints = [...made.map(({ registry }) => endpointOf(registry)), ...facts.found];
  return {
    made,
    used: facts.found.filter(({ name }, index, all) =>
      all.findIndex((other) => other.name === name) === index
    ),
    missingOwnImage: facts.ownImage !== undefined && missing.includes(facts.ownImage.name)
      ? facts.ownImage
      : undefined,
    missingImages: missing.filter((image) => image !== facts.ownImage?.name),
    config: await configFor(endpoints, config, options.directory),
  };
}

/** How nodes reach a registry that is made. */
export function endpointOf(
  { name, port, hostPort, upstream }: RegistryContainer,
): RegistryEndpoint {
  return {
    ...{ name, port, hostPorts: [hostPort] },
    ...(upstream === undefined ? {} : { upstream }),
  };
}

/** What the registry is called that is made with a cluster, the how-manieth from 0. */
export function registryNameFor({ name }: RegistrySpec, cluster: string, index: number): string {
  return registryName(name ?? `${cluster}-registry${index === 0 ? "" : `-${index}`}`);
}

async function configFor(
  registries: readonly RegistryEndpoint[],
  config: string | undefined,
  directory: string,
): Promise<string | undefined> {
  if (config === undefined) {
    return registries.length === 0 ? undefined : await addMirrors(registries);
  }
  const { text, name } = await readRegistriesConfig(config, directory);
  if (registries.length > 0) return await addMirrors(registries, text, name);
  await YamlFile.parse(text, name);
  return text;
}

/**
 * The user's `registries.yaml`, and how messages name it.
 *
 * @param config The file's path, or what it holds: that has several lines.
 * @throws {FileError} When there is no such file.
 */
export async function readRegistriesConfig(
  config: string,
  directory: string,
): Promise<{ readonly text: string; readonly name: string }> {
  if (config.includes("\n")) return { text: config, name: "registries.config" };
  const name = config.startsWith("/") ? config : `${directory}/${config}`;
  const text = await Deno.readTextFile(name).catch((cause) => {
    throw new FileError(`Cannot read the registries' config "${name}": ${cause.message}`, name, {
      cause,
    });
  });
  return { text, name };
}

/** One file cannot be the user's and davit's. */
function refuseOwnFile({ volumes = [], files = [] }: ClusterSpec): void {
  const isMounted = volumes.some(({ volume }) =>
    parseVolumeMount(volume).target === REGISTRIES_PATH
  );
  const isPut = files.some(({ destination }) => expandShortcut(destination) === REGISTRIES_PATH);
  if (!isMounted && !isPut) return;
  throw new SpecError(
    `Cannot write "${REGISTRIES_PATH}": there is a ${
      isMounted ? "volume" : "file"
    } of yours; give ` +
      "it by registries.config or --registry-config, and davit adds its registries",
  );
}

/** Where davit's own image cannot be, another one does, which is to be had from Docker Hub alone. */
export function warnOfForeign(
  made: readonly Pick<MadeRegistry, "registry">[],
  { onWarning }: Pick<PrepareRegistriesOptions, "onWarning">,
): void {
  const foreign = made.find(({ registry: { kind, image } }) =>
    kind === "distribution" && image === FOREIGN_IMAGE
  );
  if (foreign === undefined) return;
  onWarning?.(
    `Registry "${foreign.registry.name}" is made of ${FOREIGN_IMAGE}: davit's own needs davit to run ` +
      "on Linux, as source or as its own executable, on a machine like the engine's",
  );
}
