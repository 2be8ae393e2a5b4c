import {
  parseReference,
  parseRepository,
  type Reference,
  type RepositoryName,
} from "../../lib/oci/reference.ts";
import { type Location, parseLocation } from "../../lib/places/location.ts";
import { refuseUnknownTransport } from "../../lib/places/transport.ts";

/** An image with a name that can be given and taken: in a registry, or in a layout. */
export type NamedImage =
  | { readonly kind: "registry"; readonly reference: Reference }
  | LayoutImage;

/** An image of an OCI layout. */
export interface LayoutImage {
  /** Tells it from one in a registry. */
  readonly kind: "oci";
  /** The layout. */
  readonly path: string;
  /** Its name there. */
  readonly name?: string;
}

/** What has names to list: a repository, or a layout or archive. */
export type ListedPlace =
  | { readonly kind: "repository"; readonly name: RepositoryName }
  | Extract<Location, { readonly path: string }>;

const LOCAL =
  /^(?:(?:oci|oci-archive|docker-archive|docker-legacy|docker-daemon|k3s):|\/|\.\.?\/|~\/|\.\.?$)/;

/**
 * Reads the name of an image whose names are to be changed.
 *
 * @param act What is to be done with it: `tag`.
 * @throws {SyntaxError} When it is where names are not changed, with what to do instead.
 */
export function parseNamedImage(text: string, act: string): NamedImage {
  if (!LOCAL.test(text)) {
    refuseUnknownTransport(text);
    return { kind: "registry", reference: parseReference(text) };
  }
  const location = parseLocation(text);
  if (location.kind === "oci") return { ...location, kind: "oci" };
  throw new SyntaxError(`Cannot ${act} "${text}": ${insteadOf(location.kind, text)}`);
}

function insteadOf(kind: Location["kind"], text: string): string {
  switch (kind) {
    case "docker-daemon":
      return 'images of Docker are renamed by "docker tag" and "docker rmi"';
    case "k3s":
      return "the images of a cluster can only be brought there";
    case "path":
      return `expected a registry's image or one of an OCI layout, oci:${text}:NAME`;
    default:
      return `an archive is written as a whole; "davit copy ${text} PLACE" writes another, under ` +
        "the name that is given";
  }
}

/**
 * Reads the name of a place whose names are listed.
 *
 * @throws {SyntaxError} When it has none to list, with what to do instead.
 */
export function parseListedPlace(text: string): ListedPlace {
  if (LOCAL.test(text)) {
    const location = parseLocation(text);
    if ("path" in location) return location;
    throw new SyntaxError(
      `Cannot list the tags of "${text}": expected a repository, a layout or an archive` +
        (location.kind === "docker-daemon" ? '; "docker image ls" lists those of Docker' : ""),
    );
  }
  refuseUnknownTransport(text);
  const [, registry] = /^([^/]+:\d+|localhost|[^/]+(?=\/$))\/?$/.exec(text) ?? [];
  if (registry !== undefined) {
    throw new SyntaxError(
      `Cannot list the tags of "${text}": expected a repository, got a registry; ` +
        `"davit catalog ${registry}" lists its repositories`,
    );
  }
  return { kind: "repository", name: parseRepository(text) };
}
