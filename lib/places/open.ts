import type { CallOptions } from "../layer/content_source.ts";
import type { View } from "../image/image.ts";
import type { Destination, Referrers, Source } from "../store/store.ts";
import type { RegistryRules } from "../mirrors/registry_rules.ts";
import { present } from "../oci/present.ts";
import type { Reference, RepositoryName } from "../oci/reference.ts";
import type { Transport } from "../registry/transport.ts";
import { FileError, TarError, UnsupportedError } from "../errors.ts";
import { BLOCK_SIZE } from "../tar/block.ts";
import { formatLocation, type Location } from "./location.ts";
import { detectFormat } from "./format.ts";

/** What opening a place may need. */
export interface OpenOptions extends CallOptions {
  /** How registries are spoken to, or what makes that at first use. */
  readonly transport: Transport | (() => Promise<Transport>);
  /** Where registries' images are read from, or what finds that out at first use. */
  readonly rules?: RegistryRules | (() => Promise<RegistryRules | undefined>);
  /** Told of each mirror that could not help, and why. */
  readonly onMirrorFailure?: (place: string, reason: unknown) => void;
}

/** A place to read from, with what its location names there. */
export interface OpenedSource extends AsyncDisposable {
  /** The place. */
  readonly source: Source;
  /** What the location names in it. */
  readonly view: View;
}

/** A place to write to, with the names its location gives. */
export interface OpenedDestination extends AsyncDisposable {
  /** The place. */
  readonly destination: Destination;
  /** What a copy is to be called there; empty when the location has no name. */
  readonly names: readonly string[];
}

/**
 * Opens the place a location names, and what is named in it, for reading. Only the room that the
 * location needs is loaded.
 *
 * @throws {NotFoundError} When there is no such place or name.
 * @throws {FileError} When what is there is no image.
 */
export async function openSource(location: Location, options: OpenOptions): Promise<OpenedSource> {
  await using scope = new AsyncDisposableStack();
  const { source, name } = await findSource(location, options, scope)
    .catch((error) => nameBrokenTar(location, error));
  const view = await source.open(name, options);
  const owned = scope.move();
  return { source, view, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A tar's own error knows no file name. */
function nameBrokenTar(location: Location, error: unknown): never {
  if (!(error instanceof TarError && "path" in location)) throw error;
  if (error.message.includes(location.path)) throw error;
  const why = error.message.replace(/^Cannot read (?:the )?tar: /, "");
  const isCut = error.offset >= BLOCK_SIZE && why.includes("got the end");
  throw new FileError(
    `Cannot open "${location.path}" as an image: it is ` +
      `${isCut ? "cut short" : "no tar, or a broken one"}: ${why}`,
    location.path,
    { cause: error },
  );
}

/** A place with names, whatever they stand for. */
export interface OpenedPlace extends AsyncDisposable {
  /** The place. */
  readonly source: Source;
}

/**
 * Opens the place a location names for reading, and no image in it: to list what there is.
 *
 * @throws {NotFoundError} When there is no such place.
 */
export async function openPlace(location: Location, options: OpenOptions): Promise<OpenedPlace> {
  await using scope = new AsyncDisposableStack();
  const { source } = await findSource(location, options, scope)
    .catch((error) => nameBrokenTar(location, error));
  const owned = scope.move();
  return { source, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/**
 * Opens a layout's whole index, however many images it lists.
 *
 * @throws {UnsupportedError} When the location is no layout.
 */
export async function openWholeLayout(location: Location): Promise<OpenedSource> {
  const isLayout = location.kind === "oci" ||
    location.kind === "path" && await detectFormat(location.path) === "layout";
  if (!isLayout) {
    throw new UnsupportedError(
      `Cannot open the whole index of "${formatLocation(location)}": expected an OCI layout`,
    );
  }
  const { openLayout } = await import("../layout/open_layout.ts");
  const source = await openLayout(location.path);
  return {
    source,
    view: await source.openIndex(),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

/**
 * Opens the place a location names for writing. Nothing is visible before the destination's
 * `commit()`, but in a registry, which publishes as it goes.
 */
export async function openDestination(
  location: Location,
  options: OpenOptions,
): Promise<OpenedDestination> {
  const destination = await makeDestination(location, options);
  return {
    destination,
    names: namesOf(location),
    [Symbol.asyncDispose]: () => destination[Symbol.asyncDispose](),
  };
}

/** Opens a registry's repository. */
export async function openRepository(
  reference: Pick<Reference, "registry" | "repository">,
  { transport }: OpenOptions,
): Promise<import("../registry/repository.ts").Repository> {
  const { Repository } = await import("../registry/repository.ts");
  const made = typeof transport === "function" ? await transport() : transport;
  return new Repository(reference, { transport: made });
}

/**
 * Opens a registry's repository for reading, or its mirrors where the rules name some.
 *
 * @param name The tag or digest that is meant; without one, where tags and digests are listed.
 * @throws {PolicyError} When the rules block the repository.
 */
export async function openForReading(
  reference: RepositoryName,
  name: string | undefined,
  options: OpenOptions,
): Promise<Source & Referrers> {
  const rules = await rulesOf(options);
  const [first, ...others] = rules?.sourcesOf(reference, name) ?? [reference];
  if (rules === undefined || first === undefined || others.length === 0) {
    return await openRepository(first ?? reference, options);
  }
  const { MirroredRepository } = await import("../mirrors/mirrored_repository.ts");
  const { transport, onMirrorFailure: onFailure } = options;
  const made = typeof transport === "function" ? await transport() : transport;
  return new MirroredRepository(reference, { rules, transport: made, ...present({ onFailure }) });
}

async function rulesOf({ rules }: OpenOptions): Promise<RegistryRules | undefined> {
  return typeof rules === "function" ? await rules() : rules;
}

interface FoundSource {
  readonly source: Source;
  readonly name?: string | undefined;
}

async function findSource(
  location: Location,
  options: OpenOptions,
  scope: AsyncDisposableStack,
): Promise<FoundSource> {
  switch (location.kind) {
    case "registry": {
      const { reference } = location;
      const name = reference.digest ?? reference.tag;
      return { source: await openForReading(reference, name, options), name };
    }
    case "docker-daemon": {
      const { DockerDaemon } = await import("../docker/daemon.ts");
      return { source: scope.use(new DockerDaemon()), name: location.name };
    }
    case "k3s":
      throw new UnsupportedError(
        `Cannot read images from cluster "${location.cluster}": images can only be brought to it`,
      );
    case "oci": {
      const { openLayout } = await import("../layout/open_layout.ts");
      return { source: scope.use(await openLayout(location.path)), name: location.name };
    }
    case "oci-archive": {
      const { openOciArchive } = await import("../archive/oci_archive.ts");
      return {
        source: scope.use(await openOciArchive(location.path, options)),
        name: location.name,
      };
    }
    case "docker-archive":
    case "docker-legacy": {
      const { openDockerArchive } = await import("../archive/docker_archive.ts");
      return {
        source: scope.use(await openDockerArchive(location.path, options)),
        name: location.name,
      };
    }
    case "path": {
      const { path } = location;
      if (await detectFormat(path) === "layout") {
        return await findSource({ kind: "oci", path }, options, scope);
      }
      const { openAnyArchive } = await import("../archive/any_archive.ts");
      return { source: scope.use(await openAnyArchive(path, options)) };
    }
  }
}

async function makeDestination(location: Location, options: OpenOptions): Promise<Destination> {
  switch (location.kind) {
    case "registry": {
      if (location.reference.digest !== undefined) {
        throw new UnsupportedError(
          `Cannot write to "${formatLocation(location)}": expected a tag, got a digest`,
        );
      }
      (await rulesOf(options))?.checkAccess(location.reference);
      return await openRepository(location.reference, options);
    }
    case "docker-daemon": {
      const { DockerDaemon } = await import("../docker/daemon.ts");
      return new DockerDaemon();
    }
    case "k3s": {
      const { openClusterImages } = await import("../k3s/cluster_images.ts");
      return await openClusterImages(location.cluster, options);
    }
    case "oci": {
      const { createLayout } = await import("../layout/open_layout.ts");
      return await createLayout(location.path);
    }
    case "oci-archive": {
      const { createOciArchive } = await import("../archive/oci_archive.ts");
      return await createOciArchive(location.path);
    }
    case "docker-archive": {
      const { createDockerArchive } = await import("../archive/docker_archive.ts");
      return await createDockerArchive(location.path);
    }
    case "docker-legacy": {
      const { createLegacyArchive } = await import("../archive/legacy_archive.ts");
      return await createLegacyArchive(location.path);
    }
    case "path":
      throw new UnsupportedError(
        `Cannot write to "${location.path}": expected the form to write before the path, such as ` +
          `"oci:${location.path}" or "docker-archive:${location.path}"`,
      );
  }
}

function namesOf(location: Location): readonly string[] {
  switch (location.kind) {
    case "registry":
      return location.reference.tag === undefined ? [] : [location.reference.tag];
    case "docker-daemon":
      return [location.name];
    case "k3s":
    case "path":
      return [];
    default:
      return location.name === undefined ? [] : [location.name];
  }
}
