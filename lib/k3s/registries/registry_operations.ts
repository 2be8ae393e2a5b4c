import { LABEL } from "../names.ts";
import { putFiles } from "../node_operations.ts";
import type { Chain, Operation } from "../operation.ts";
import { formatPublished } from "../port_mapping.ts";
import { formatVolumeMount } from "../volume_mount.ts";
import type { ComposedImage } from "./own_image.ts";
import { CONTENT_PATH, type RegistryContainer } from "./registry.ts";
import { registryCommand, registryFiles } from "./registry_files.ts";
import type { RegistryProxySpec } from "./registry_spec.ts";

/** A network of the engine, and the address in it. */
export interface RegistryPlace {
  /** The network's name. */
  readonly network: string;
  /** The address; the engine's choice in a network that has no subnet of a user's. */
  readonly ip?: string;
}

/** What a registry is made into. */
export interface RegistrySetting extends RegistryPlace {
  /** The cluster that it belongs to, if it does. */
  readonly owner?: string;
  /** Who signs in at the registry that it fetches from. */
  readonly proxy?: RegistryProxySpec;
}

/** Makes a registry's container with its files and starts it. */
export function makeRegistry(registry: RegistryContainer, setting: RegistrySetting): Chain {
  const { name, image } = registry;
  const volume = volumeOf(registry);
  const files = registryFiles(registry, setting.proxy);
  return [
    {
      act: `create registry "${name}"`,
      args: ["create", ...createFlags(registry, setting), image, ...registryCommand(registry)],
      creates: [
        { kind: "container", name },
        ...(volume === undefined ? [] : [{ kind: "volume" as const, name: volume }]),
      ],
    },
    ...(files.length === 0 ? [] : [putFiles({ name }, files)]),
    { act: `start "${name}"`, args: ["start", name] },
  ];
}

/** Puts a registry into a network, where nodes reach it by its name. */
export function connectRegistry(name: string, { network, ip }: RegistryPlace): Operation {
  return {
    act: `connect registry "${name}" to network "${network}"`,
    args: ["network", "connect", ...(ip === undefined ? [] : ["--ip", ip]), network, name],
    creates: [{ kind: "connection", name, network }],
  };
}

/** Brings the image of davit's own registry into the engine. */
export function loadImage(image: ComposedImage): Operation {
  return { act: `load image "${image.name}"`, args: ["load", "--quiet"], image };
}

/** The volume that holds a registry's content; `undefined` when the user has said where it goes. */
export function volumeOf(
  { name, volumes }: Pick<RegistryContainer, "name" | "volumes">,
): string | undefined {
  return volumes.some(({ target }) => target === CONTENT_PATH) ? undefined : name;
}

function createFlags(registry: RegistryContainer, setting: RegistrySetting): readonly string[] {
  const { name, hostIp, hostPort, port, volumes } = registry;
  const { network, ip, owner } = setting;
  const volume = volumeOf(registry);
  return [
    ...["--name", name, "--hostname", name, "--network", network],
    ...(ip === undefined ? [] : ["--ip", ip]),
    ...["--restart", "unless-stopped", "--security-opt", "no-new-privileges"],
    ...["--label", `${LABEL.role}=registry`],
    ...["--label", `${LABEL.registry}=${JSON.stringify(registry)}`],
    ...(owner === undefined ? [] : ["--label", `${LABEL.owner}=${owner}`]),
    ...["--publish", formatPublished({ hostIp, hostPort, port, protocol: "tcp" })],
    ...(volume === undefined ? [] : [
      "--mount",
      `type=volume,source=${volume},target=${CONTENT_PATH},volume-label=${LABEL.registry}=${name}`,
    ]),
    ...volumes.flatMap((mount) => ["--volume", formatVolumeMount(mount)]),
  ];
}
