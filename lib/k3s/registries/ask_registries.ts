import type { DockerCli } from "../../docker/cli.ts";
import { AlreadyExistsError, NotFoundError, SpecError } from "../../errors.ts";
import type { CallOptions } from "../../layer/content_source.ts";
import { hostPlatform } from "../../oci/platform.ts";
import { LABEL } from "../names.ts";
import { settle } from "../settle.ts";
import { parseRegistryLabel } from "./list_registries.ts";
import type { RegistryEndpoint } from "./mirrors.ts";
import { type ComposedImage, ownRegistryImage, type RegistryProgram } from "./own_image.ts";
import { REGISTRY_PORT, registryName } from "./registry.ts";
import { type NamedRegistry, parseRegistryUse } from "./registry_words.ts";

/** A registry in a container that is there. */
export interface FoundRegistry extends RegistryEndpoint {
  /** The networks that it is in. */
  readonly networks: readonly string[];
}

/** What the engine told about registries before any is made. */
export interface RegistryFacts {
  /** The image of davit's own registry; `undefined` where there can be none. */
  readonly ownImage: ComposedImage | undefined;
  /** The images that are wanted and missing. */
  readonly missingImages: readonly string[];
  /** Those that are there, in the order in which they were asked for. */
  readonly found: readonly FoundRegistry[];
}

/** What is wanted of registries. */
export interface WantedRegistries {
  /** The names of containers that are to be made. */
  readonly made: readonly string[];
  /** Those that are to be there, as they were named. */
  readonly used: readonly string[];
  /** Their images; davit's own is `undefined`. */
  readonly images: readonly (string | undefined)[];
  /** What runs in davit's own image. */
  readonly program?: RegistryProgram;
}

/** What `docker inspect` tells of a container, as far as it is of interest. */
interface Container {
  readonly Name: string;
  readonly Config?: {
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly ExposedPorts?: Readonly<Record<string, unknown>> | null;
  };
  readonly HostConfig?: {
    readonly PortBindings?:
      | Readonly<Record<string, readonly { HostPort?: string }[] | null>>
      | null;
  };
  readonly NetworkSettings?: {
    readonly Ports?: Readonly<Record<string, readonly { HostPort?: string }[] | null>> | null;
    readonly Networks?: Readonly<Record<string, unknown>>;
  };
}

/**
 * Asks the engine, all at once, for what is to be known about registries, and refuses before anything
 * is made.
 *
 * @throws {AlreadyExistsError} When a container has the name of one that is to be made.
 * @throws {NotFoundError} When one that is to be used is not there.
 * @throws {SpecError} When one that is to be used has not the port it is said to have.
 * @throws {DockerError} When Docker fails.
 */
export async function askRegistries(
  cli: DockerCli,
  { made, used, images, program }: WantedRegistries,
  options: CallOptions = {},
): Promise<RegistryFacts> {
  const act = "ask the engine about registries";
  const ask = (...args: string[]) => cli.runForSome(args, { ...options, act });
  const named = used.map(parseRegistryUse);
  const names = [...made, ...named.flatMap(({ name }) => [name, ...withPrefix(name)])];
  const own = images.includes(undefined) ? await ownRegistryImage(program) : undefined;
  const [containers, present, platform] = await settle([
    names.length === 0 ? Promise.resolve("") : ask("container", "inspect", ...new Set(names)),
    askForImages(ask, [...images, own?.name]),
    own === undefined ? Promise.resolve("") : cli.run(
      ["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"],
      { ...options, act },
    ),
  ]);
  const known: readonly Container[] = JSON.parse(containers || "[]");
  const byName = new Map(known.map((container) => [container.Name.replace(/^\//, ""), container]));
  const clash = made.find((name) => byName.has(name));
  if (clash !== undefined) throw new AlreadyExistsError(`registry ${clash}`);
  const ownImage = own !== undefined && isHere(platform.trim()) ? own : undefined;
  const wanted = [...images.filter((image) => image !== undefined), ownImage?.name];
  return {
    ownImage,
    missingImages: [...new Set(wanted)].filter((image) => image !== undefined)
      .filter((image) => !present.includes(image)),
    found: named.map((registry) => describe(registry, byName)),
  };
}

/** davit's own image holds a program of this machine. */
function isHere(platform: string): boolean {
  const { os, architecture } = hostPlatform();
  return platform === `${os}/${architecture}`;
}

async function askForImages(
  ask: (...args: string[]) => Promise<string>,
  images: readonly (string | undefined)[],
): Promise<readonly string[]> {
  const names = [...new Set(images)].filter((image) => image !== undefined);
  const answers = await Promise.all(
    names.map((name) => ask("image", "inspect", "--format", "{{.Id}}", name)),
  );
  return names.filter((_, index) => answers[index]?.trim() !== "");
}

function describe(
  { name, port: wanted }: NamedRegistry,
  containers: ReadonlyMap<string, Container>,
): FoundRegistry {
  const found = [name, ...withPrefix(name)].find((candidate) => containers.has(candidate));
  const container = found === undefined ? undefined : containers.get(found);
  if (found === undefined || container === undefined) {
    throw new NotFoundError("registry", name, "the engine");
  }
  const { Config, HostConfig, NetworkSettings } = container;
  const published = { ...HostConfig?.PortBindings, ...NetworkSettings?.Ports };
  const ports = new Map(
    Object.entries(published).map(([text, bindings]) => [
      Number.parseInt(text),
      bindings ?? [],
    ]),
  );
  for (const text of Object.keys(Config?.ExposedPorts ?? {})) {
    const exposed = Number.parseInt(text);
    if (!ports.has(exposed)) ports.set(exposed, []);
  }
  const made = parseRegistryLabel(Config?.Labels?.[LABEL.registry] ?? "");
  const hostPortsOf = (port: number) =>
    [
      ...new Set((ports.get(port) ?? []).map(({ HostPort }) => Number(HostPort))),
    ].filter((hostPort) => hostPort > 0);
  const candidates = [...ports.keys()];
  const port = wanted === undefined
    ? made?.port ?? candidates.find((candidate) => hostPortsOf(candidate).length > 0) ??
      candidates[0] ?? REGISTRY_PORT
    : candidates.find((candidate) =>
      candidate === wanted || hostPortsOf(candidate).includes(wanted)
    );
  if (port === undefined) {
    throw new SpecError(
      `Cannot use registry "${found}" at port ${wanted}: expected ${
        candidates.flatMap((candidate) => [...hostPortsOf(candidate), candidate]).join(" or ")
      }`,
    );
  }
  return {
    name: found,
    port,
    hostPorts: hostPortsOf(port),
    networks: Object.keys(NetworkSettings?.Networks ?? {}),
    ...(made?.upstream === undefined ? {} : { upstream: made.upstream }),
  };
}

function withPrefix(name: string): readonly string[] {
  try {
    return [registryName(name)];
  } catch {
    return []; // no name that davit gives; some other tool may have
  }
}
