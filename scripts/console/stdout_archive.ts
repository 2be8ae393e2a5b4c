import type { OpenedDestination } from "../../lib/places/open.ts";
import type { Destination } from "../../lib/store/store.ts";
import { type FileKind, type Location, parseLocation } from "../../lib/places/location.ts";
import { UsageError } from "./exit_code.ts";

/** A file or directory, or, at the path `-`, standard output. */
type FileLocation = Extract<Location, { readonly kind: FileKind }>;

/** Reads the name of a place to write to; `-` is a docker save tarball on standard output. */
export function parseTarget(text: string): Location {
  return text === "-" ? { kind: "docker-archive", path: "-" } : parseLocation(text);
}

/** Whether a location means standard output. */
export function isStdout(location: Location): location is FileLocation {
  return "path" in location && location.kind !== "path" && location.path === "-";
}

/** Opens an archive that goes to standard output as it comes: into `docker load`, or through `ssh`. */
export async function openStdout(
  { kind, name }: FileLocation,
  stdout: WritableStream<Uint8Array>,
): Promise<OpenedDestination> {
  const destination = await createArchive(kind, stdout);
  return {
    destination,
    names: name === undefined ? [] : [name],
    [Symbol.asyncDispose]: () => destination[Symbol.asyncDispose](),
  };
}

async function createArchive(
  kind: FileKind,
  stdout: WritableStream<Uint8Array>,
): Promise<Destination> {
  switch (kind) {
    case "docker-archive": {
      const { createDockerArchive } = await import("../../lib/archive/docker_archive.ts");
      return await createDockerArchive(stdout);
    }
    case "docker-legacy": {
      const { createLegacyArchive } = await import("../../lib/archive/legacy_archive.ts");
      return await createLegacyArchive(stdout);
    }
    case "oci-archive": {
      const { createOciArchive } = await import("../../lib/archive/oci_archive.ts");
      return await createOciArchive(stdout);
    }
    case "oci":
      throw new UsageError(
        "Cannot write an OCI layout to standard output: it is a directory; oci-archive:- is a tar",
      );
  }
}
